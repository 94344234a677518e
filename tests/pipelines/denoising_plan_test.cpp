// Which timesteps a call runs. Expected numbers follow diffusers' rules for 1000 training steps: "leading"
// spacing with offset 1 gives k · (1000 / n) + 1, and a fraction cuts at round(1000 - fraction · 1000).
#include "pipelines/denoising_plan.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

using levels = std::vector<double>;

text_to_video_call ten_steps(const std::string& scheduler) {
  text_to_video_call call = short_call();
  call.scheduler_class = scheduler;
  call.scheduler_overrides = json::object();
  call.steps = 10;
  return call;
}

levels run(const text_to_video_call& call) { return plan_denoising(random_model(), call).timesteps; }

TEST(DenoisingPlan, RunsAllLevelsByDefault) {
  EXPECT_EQ(run(ten_steps("DDIMScheduler")), (levels{901, 801, 701, 601, 501, 401, 301, 201, 101, 1}));
}

TEST(DenoisingPlan, WindowsThatShareACutMakeTheWhole) {
  text_to_video_call early = ten_steps("DDIMScheduler"), late = early;
  early.denoising_end = 0.7;
  late.denoising_start = 0.7;
  EXPECT_EQ(run(early), (levels{901, 801, 701, 601, 501, 401, 301}));
  EXPECT_EQ(run(late), (levels{201, 101, 1}));
}

TEST(DenoisingPlan, SecondOrderSchedulersAreCutBetweenWholeSteps) {
  text_to_video_call early = ten_steps("HeunDiscreteScheduler"), late = early;
  early.denoising_end = 0.8;
  late.denoising_start = 0.8;
  EXPECT_EQ(run(early), (levels{901, 801, 801, 701, 701, 601, 601, 501, 501, 401, 401, 301, 301, 201}));
  EXPECT_EQ(run(late), (levels{201, 101, 101, 1, 1}));
}

TEST(DenoisingPlan, TakesGivenTimesteps) {
  text_to_video_call call = ten_steps("DDPMScheduler");
  call.timesteps = {900, 500, 20};
  EXPECT_EQ(run(call), (levels{900, 500, 20}));
}

TEST(DenoisingPlan, TakesGivenSigmas) {
  text_to_video_call call = ten_steps("FlowMatchEulerDiscreteScheduler");
  call.sigmas = {1.0, 0.5, 0.25};
  EXPECT_EQ(run(call), (levels{1000, 500, 250}));
}

// Whatever chose the levels: two steps are two steps.
TEST(DenoisingPlan, IsAsLongAsItIsCutTo) {
  text_to_video_call listed = ten_steps("DDPMScheduler"), windowed = ten_steps("DDIMScheduler"),
                     guided = windowed, sigmas = ten_steps("FlowMatchEulerDiscreteScheduler");
  listed.timesteps = {900, 500, 20};
  sigmas.sigmas = {1.0, 0.5, 0.25};
  windowed.denoising_end = 0.3;
  guided.source = source_video{.frames = at::zeros({3, 3, 16, 24}), .strength = 0.1};
  for (const text_to_video_call& call : {listed, sigmas, windowed, guided})
    for (const std::size_t steps : {1, 2})
      EXPECT_EQ(run(in_few_steps(random_model(), call, static_cast<int64_t>(steps))).size(), steps);
  EXPECT_EQ(run(in_few_steps(random_model(), guided, 2)), (levels{501, 1}));
  // Three of PNDM's steps are of four calls each.
  text_to_video_call warmed_up = ten_steps("PNDMScheduler");
  warmed_up.scheduler_overrides = {{"skip_prk_steps", false}};
  for (const std::size_t steps : {1, 2})
    EXPECT_EQ(run(in_few_steps(random_model(), warmed_up, static_cast<int64_t>(steps))).size(), 12 + steps);
}

TEST(DenoisingPlan, OverridesGoOnTopOfTheModelsConfig) {
  text_to_video_call call = ten_steps("DDIMScheduler");
  call.scheduler_overrides = {{"timestep_spacing", "trailing"}};
  EXPECT_EQ(run(call), (levels{999, 899, 799, 699, 599, 499, 399, 299, 199, 99}));
}

TEST(DenoisingPlan, AWindowWithoutAStepIsAnError) {
  text_to_video_call call = ten_steps("DDIMScheduler");
  call.denoising_start = 0.91;
  call.denoising_end = 0.95;
  ZT_EXPECT_ERROR(usage, "no step lies between denoising_start 0.91 and denoising_end 0.95", run(call));
}

}  // namespace
}  // namespace zoetrope
