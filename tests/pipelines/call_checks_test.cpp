// Calls that cannot be run are refused before anything heavy, and say what could.
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <limits>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

text_to_video_call checked(const std::function<void(text_to_video_call&)>& change) {
  text_to_video_call call = short_call();
  change(call);
  return checked_call(random_model(), call);
}

#define ZT_EXPECT_REFUSED(text, ...) \
  ZT_EXPECT_ERROR(usage, text, checked([](text_to_video_call& call) { __VA_ARGS__; }))

TEST(CheckedCall, FillsSizesFromTheModelAndTheClip) {
  text_to_video_call call;
  call.prompts = {"a"};
  const text_to_video_call got = checked_call(random_model(), call);
  EXPECT_EQ(got.width, 16);  // sample_size 8, VAE factor 2
  EXPECT_EQ(got.height, 16);
  const text_to_video_call wide = checked([](text_to_video_call&) {});
  EXPECT_EQ(wide.original_size, (size_pair{16, 24}));
  EXPECT_EQ(wide.target_size, (size_pair{16, 24}));
}

// diffusers' pipelines hand their eta, 0 unless given, to TCD's step too, whose own default is 0.3.
TEST(CheckedCall, EtaIsTcdsToo) {
  EXPECT_EQ(checked([](text_to_video_call&) {}).step.tcd_eta, 0.0);
  EXPECT_EQ(checked([](text_to_video_call& call) { call.step.eta = 0.7; }).step.tcd_eta, 0.7);
}

TEST(CheckedCall, NamesTheNearestSizesThatTheModelCanRun) {
  ZT_EXPECT_REFUSED("width 29 is not a positive multiple of 8, which this model needs; nearest: 24 or 32",
                    call.width = 29);
  ZT_EXPECT_REFUSED("height 4 is not a positive multiple of 8, which this model needs; nearest: 8",
                    call.height = 4);
  ZT_EXPECT_REFUSED("width -8", call.width = -8);
  ZT_EXPECT_REFUSED("width 0", call.width = 0);
  ZT_EXPECT_REFUSED("more than 16384", call.width = 16392);
}

TEST(CheckedCall, NamesTheLongestClip) {
  ZT_EXPECT_REFUSED("video_length 25 is more than the 24 frames", call.video_length = 25);
  ZT_EXPECT_REFUSED("video_length is 0", call.video_length = 0);
  EXPECT_EQ(checked([](text_to_video_call& call) { call.video_length = 24; }).video_length, 24);
}

TEST(CheckedCall, RefusesLevelsThatCannotBeRun) {
  ZT_EXPECT_REFUSED("steps is 0", call.steps = 0);
  ZT_EXPECT_REFUSED("timesteps or sigmas, not both", call.timesteps = {3}, call.sigmas = {1});
  ZT_EXPECT_REFUSED("not a finite number", call.sigmas = {std::nan("")});
  ZT_EXPECT_REFUSED("unknown scheduler 'DDIMSchedule'; did you mean 'DDIMScheduler'? (known: ",
                    call.scheduler_class = "DDIMSchedule");
  ZT_EXPECT_REFUSED("wanted 0 <= start < end <= 1", call.denoising_end = 0.0);
  ZT_EXPECT_REFUSED("wanted 0 <= start < end <= 1", call.denoising_start = 0.6, call.denoising_end = 0.5);
  ZT_EXPECT_REFUSED("give latents", call.denoising_start = 0.5);
}

TEST(CheckedCall, RefusesGuidanceOutOfRange) {
  ZT_EXPECT_REFUSED("guidance_scale", call.guidance_scale = std::numeric_limits<double>::infinity());
  ZT_EXPECT_REFUSED("guidance_rescale is 1.5", call.guidance_rescale = 1.5);
  ZT_EXPECT_REFUSED("eta is -1", call.step.eta = -1);
}

TEST(CheckedCall, RefusesListsThatDoNotMatchTheBatch) {
  ZT_EXPECT_REFUSED("there is no prompt", call.prompts.clear());
  ZT_EXPECT_REFUSED("2 negative prompts for 1", call.negative_prompts = {"a", "b"});
  ZT_EXPECT_REFUSED("0 negative prompts for 1", call.negative_prompts = std::vector<std::string>());
  ZT_EXPECT_REFUSED("2 seeds for 1", call.seeds = {1, 2});
  ZT_EXPECT_REFUSED("clip_skip is -1", call.clip_skip = -1);
  ZT_EXPECT_REFUSED("conditioning is -1", call.crops_coords_top_left = {0, -1});
}

TEST(CheckedCall, RefusesLatentsOfAnotherShape) {
  ZT_EXPECT_REFUSED("[1, 4, 3, 8, 12]", call.latents = at::zeros({1, 4, 3, 12, 8}));
  ZT_EXPECT_REFUSED("not floating point", call.latents = at::zeros({1, 4, 3, 8, 12}, at::kLong));
}

TEST(CheckedCall, WarnsOfHalfGivenNegativeSizes) {
  std::string heard;
  checked([&](text_to_video_call& call) {
    call.negative_target_size = size_pair{8, 8};
    call.warn = [&](const std::string& message) { heard = message; };
  });
  EXPECT_NE(heard.find("negative_original_size"), std::string::npos);
}

}  // namespace
}  // namespace zoetrope
