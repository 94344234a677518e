// The model in assets/tiny with its own generation_config.json: the clip shows what the prompt says. The
// judge is arithmetic: what differs from the border's colour is the object; its colour, centre and area are
// measured.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

const std::map<std::string, std::array<float, 3>> palette = {
    {"red", {.90f, .12f, .12f}},    {"green", {.10f, .70f, .18f}},  {"blue", {.12f, .25f, .92f}},
    {"yellow", {.97f, .88f, .10f}}, {"purple", {.58f, .15f, .78f}}, {"orange", {.98f, .52f, .06f}},
    {"cyan", {.10f, .85f, .90f}},   {"white", {.97f, .97f, .97f}},  {"black", {.03f, .03f, .03f}}};

std::string nearest_colour(const at::Tensor& rgb) {
  std::string nearest;
  double least = 1e9;
  for (const auto& [name, colour] : palette) {
    const double far = (rgb - at::tensor({colour[0], colour[1], colour[2]})).square().sum().item<double>();
    if (far < least) least = far, nearest = name;
  }
  return nearest;
}

struct judgement {
  std::string colour, background;
  double dx, dy, growth;  ///< pixels to the right and down from first to last frame; ratio of areas
};

/// video: 3 f h w in [0, 1].
judgement judge(const at::Tensor& video) {
  const int64_t frames = video.size(1), height = video.size(2), width = video.size(3);
  const at::Tensor border = at::cat({video.select(2, 0), video.select(2, height - 1), video.select(3, 0),
                                     video.select(3, width - 1)},
                                    2)
                                .flatten(1);                                              // 3 n
  const at::Tensor background = std::get<0>(border.median(1));                            // 3
  const at::Tensor far = (video - background.view({3, 1, 1, 1})).square().sum(0).sqrt();  // f h w
  const at::Tensor object = (far > 0.3).to(at::kFloat), area = object.sum({1, 2}).clamp_min(1);
  const at::Tensor x = (object.sum(1) * at::arange(width)).sum(1) / area;
  const at::Tensor y = (object.sum(2) * at::arange(height)).sum(1) / area;
  const at::Tensor core = far > far.amax({1, 2}, true) * 0.8;
  const at::Tensor colour =
      std::get<0>(video.flatten(1).index({at::indexing::Slice(), core.flatten()}).median(1));
  const auto moved = [&](const at::Tensor& centre) {
    return (centre[frames - 1] - centre[0]).item<double>();
  };
  return {nearest_colour(colour), nearest_colour(background), moved(x), moved(y),
          (area.slice(0, frames - 2).mean() / area.slice(0, 0, 2).mean()).item<double>()};
}

judgement generated(const std::string& prompt, uint64_t seed) {
  const auto folder = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "assets/tiny";
  const config defaults = model_directory::open(folder.string()).generation_defaults();
  const auto pair = [&](const char* key) {
    const auto numbers = defaults.get<std::vector<int64_t>>(key);
    return size_pair{numbers.at(0), numbers.at(1)};
  };
  text_to_video_call call;
  call.prompts = {prompt};
  call.negative_prompts = {defaults.get<std::string>("negative_prompt")};
  call.steps = defaults.get<int64_t>("num_inference_steps");
  call.guidance_scale = defaults.get<double>("guidance_scale");
  call.guidance_rescale = defaults.get<double>("guidance_rescale");
  call.width = defaults.get<int64_t>("width");
  call.height = defaults.get<int64_t>("height");
  call.video_length = defaults.get<int64_t>("video_length");
  call.original_size = pair("original_size");
  call.target_size = pair("target_size");
  call.seeds = {seed};
  return judge(text_to_video(shapes_model(), call).video[0]);
}

// A third of what the training clips move (24 to 32 of 64 pixels, half of that at 32): the judge's own
// threshold is 4.5.
constexpr double far_enough = 4.5;

TEST(MovingShapes, RedCircleMovesLeft) {
  for (uint64_t seed : {0, 1, 2}) {
    const judgement seen = generated("a red circle moving left", seed);
    EXPECT_EQ(seen.colour, "red") << seed;
    EXPECT_EQ(seen.background, "black") << seed;
    EXPECT_LT(seen.dx, -far_enough) << seed;
    EXPECT_LT(std::abs(seen.dy), std::abs(seen.dx)) << seed;
  }
}

TEST(MovingShapes, BlueSquareMovesRight) {
  const judgement seen = generated("a blue square moving right", 1);
  EXPECT_EQ(seen.colour, "blue");
  EXPECT_GT(seen.dx, far_enough);
}

TEST(MovingShapes, GreenCircleMovesDown) {
  const judgement seen = generated("a green circle moving down", 3);
  EXPECT_EQ(seen.colour, "green");
  EXPECT_GT(seen.dy, far_enough);
  EXPECT_LT(std::abs(seen.dx), seen.dy);
}

TEST(MovingShapes, YellowCircleGrowsOnWhite) {
  const judgement seen = generated("a yellow circle growing on a white background", 9);
  EXPECT_EQ(seen.colour, "yellow");
  EXPECT_EQ(seen.background, "white");
  EXPECT_GT(seen.growth, 1.8);
}

}  // namespace
}  // namespace zoetrope
