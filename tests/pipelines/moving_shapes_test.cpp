// The model in assets/tiny, with its own generation_config.json, shows what a prompt says that it has not
// been trained on, by the analytic judge of core/shapes.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/shapes/caption.hpp"
#include "core/shapes/obedience.hpp"
#include "core/shapes/scene.hpp"
#include "sample_models.hpp"

namespace zoetrope {
namespace {

const std::filesystem::path source = ZOETROPE_SOURCE_DIR;

std::vector<std::string> prompts_of_the_box() {
  std::ifstream file(source / "assets/tiny/prompts.txt");
  std::vector<std::string> prompts;
  for (std::string line; std::getline(file, line);) prompts.push_back(line);
  return prompts;
}

text_to_video_call call_of(const std::string& prompt, uint64_t seed) {
  const config defaults = model_directory::open((source / "assets/tiny").string()).generation_defaults();
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
  return call;
}

obedience seen(const std::string& prompt, uint64_t seed) {
  const at::Tensor video =
      text_to_video(shapes_model(), call_of(prompt, seed)).video[0].permute({1, 2, 3, 0}).contiguous();
  const auto* pixels = video.const_data_ptr<float>();
  const float_clip clip{static_cast<int>(video.size(2)), static_cast<int>(video.size(1)),
                        static_cast<int>(video.size(0)), std::vector<float>(pixels, pixels + video.numel())};
  return obeys(read_caption(prompt), judge(clip));
}

// Of 200 prompts some go wrong (assets/tiny/README.md); of these ten at most one may, in each attribute.
TEST(MovingShapes, UnseenPromptsAreObeyed) {
  const std::vector<std::string> prompts = prompts_of_the_box();
  ASSERT_EQ(prompts.size(), 200u);
  int colour = 0, shape = 0, motion = 0, background = 0;
  for (std::size_t i = 0; i < prompts.size(); i += 20) {
    const obedience obeyed = seen(prompts[i], i);
    colour += obeyed.colour.value_or(false);
    shape += obeyed.shape.value_or(false);
    motion += obeyed.motion.value_or(false);
    background += obeyed.background;
  }
  EXPECT_GE(colour, 9);
  EXPECT_GE(shape, 9);
  EXPECT_GE(motion, 9);
  EXPECT_GE(background, 9);
}

// They are captions of the scenes that the recipe holds out.
TEST(MovingShapes, PromptsAreHeldOutOfTheTraining) {
  const config recipe = config::load(source / "experiments/configs/tiny.yaml");
  const config stages = recipe.at("stages");
  const config scenes = stages.at(stages.size() - 1).at("validation");
  const shape_world world = read_shape_world(scenes);
  ASSERT_EQ(world.combined, combinations::held_out);
  const std::vector<std::string> prompts = prompts_of_the_box();
  for (std::size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(prompts[i], caption(draw_scene(world, scenes.get<uint64_t>("seed"), i))) << i;
}

}  // namespace
}  // namespace zoetrope
