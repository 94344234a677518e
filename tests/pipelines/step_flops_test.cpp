// The operations of a step of the model in the box, against a count by hand from its configuration.
#include "pipelines/step_flops.hpp"

#include <gtest/gtest.h>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

constexpr int64_t rows = 2, frames = 8, text_tokens = 24;  // rows: guidance
constexpr int64_t side[] = {8, 4, 2}, widths[] = {64, 96, 96};

int64_t tokens(int level) { return rows * frames * side[level] * side[level]; }

// Multiply-adds. Two 3 x 3 convolutions, a linear map of the time embedding, and one of the input where
// widths differ.
int64_t resnet(int64_t in, int64_t out, int level) {
  return (9 * in * out + 9 * out * out + (in != out ? in * out : 0)) * tokens(level) + rows * 256 * out;
}
// Maps in and out, self-attention (4 maps), cross-attention (2: keys and values are made once a clip), GEGLU
// (8 + 4); scores and their products with the values.
int64_t spatial(int level) {
  const int64_t c = widths[level];
  return ((2 + 4 + 2 + 12) * c * c + 2 * side[level] * side[level] * c + 2 * text_tokens * c) * tokens(level);
}
// Maps in and out, two self-attentions over the frames, GEGLU.
int64_t temporal(int level) {
  const int64_t c = widths[level];
  return ((2 + 8 + 12) * c * c + 2 * 2 * frames * c) * tokens(level);
}
int64_t convolution(int64_t in, int64_t out, int level) { return 9 * in * out * tokens(level); }

int64_t by_hand() {
  int64_t sum = convolution(4, 64, 0) + convolution(64, 4, 0);
  sum += rows * (64 * 256 + 256 * 256);  // time; the sizes are embedded once a clip
  sum += resnet(64, 64, 0) + spatial(0) + temporal(0) + convolution(64, 64, 1);
  sum += resnet(64, 96, 1) + spatial(1) + temporal(1) + convolution(96, 96, 2);
  sum += resnet(96, 96, 2) + temporal(2);
  sum += resnet(96, 96, 2) + spatial(2) + resnet(96, 96, 2);
  sum += 2 * (resnet(96 + 96, 96, 2) + temporal(2)) + convolution(96, 96, 1);
  sum += resnet(96 + 96, 96, 1) + resnet(96 + 64, 96, 1) + 2 * (spatial(1) + temporal(1));
  sum += convolution(96, 96, 0);
  sum += resnet(96 + 64, 64, 0) + resnet(64 + 64, 64, 0) + 2 * (spatial(0) + temporal(0));
  return sum;
}

TEST(StepFlops, OfTheModelInTheBoxAreThoseByHand) {
  const memory_planner planner(load_text_to_video_model(
      model_directory::open(std::string(ZOETROPE_SOURCE_DIR) + "/assets/tiny"), {.weights = false}));
  text_to_video_call call;
  call.prompts = {"a red circle"};
  call.width = call.height = 64;
  call.video_length = frames;
  const step_flops counted = flops_of_step(planner, call);
  EXPECT_EQ(counted.unet, 2 * by_hand());
  EXPECT_TRUE(counted.controls.empty());
}

}  // namespace
}  // namespace zoetrope
