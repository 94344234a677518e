// Whole generations with the small random model: what one run says about another. Numbers are held by the
// reference cases.
#include "pipelines/text_to_video.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "sample_models.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {
namespace {

text_to_video_result generate(const text_to_video_call& call) { return text_to_video(random_model(), call); }

at::Tensor latents_of(text_to_video_call call) {
  call.output_kind = text_to_video_call::output::latents;
  return generate(call).latents;
}

TEST(TextToVideo, GivesFramesInZeroToOneAndWhatMadeThem) {
  const text_to_video_result got = generate(short_call());
  EXPECT_EQ(got.video.sizes(), (std::vector<int64_t>{1, 3, 3, 16, 24}));
  EXPECT_GE(got.video.min().item<float>(), 0);
  EXPECT_LE(got.video.max().item<float>(), 1);
  EXPECT_EQ(got.latents.sizes(), (std::vector<int64_t>{1, 4, 3, 8, 12}));
  EXPECT_EQ(got.seeds, std::vector<uint64_t>{5});
  EXPECT_TRUE(at::equal(got.timesteps, at::tensor({667., 334., 1.}, at::kDouble)));
  EXPECT_EQ(got.timings.unet.size(), 3u);
  EXPECT_EQ(got.timings.steps.size(), 3u);
  EXPECT_GT(got.timings.text, 0);
  EXPECT_GT(got.timings.vae, 0);
  EXPECT_GE(got.timings.steps[0], got.timings.unet[0]);
}

TEST(TextToVideo, SameSeedSameBytes) {
  EXPECT_TRUE(at::equal(generate(short_call()).video, generate(short_call()).video));
}

TEST(TextToVideo, AnotherSeedIsAnotherClip) {
  text_to_video_call other = short_call();
  other.seeds = {6};
  EXPECT_GT(largest_difference(latents_of(short_call()), latents_of(other)), 0.1);
}

TEST(TextToVideo, ASeedIsItsLatentsAndThenTheSchedulersNoise) {
  text_to_video_call seeded = short_call();
  seeded.scheduler_class = "EulerAncestralDiscreteScheduler";
  text_to_video_call given = seeded;
  generator python(5);
  given.latents = python.normal({1, 4, 3, 8, 12});
  given.noise = [&](at::IntArrayRef shape, at::ScalarType dtype) { return python.normal(shape, dtype); };
  EXPECT_TRUE(at::equal(latents_of(seeded), latents_of(given)));
}

TEST(TextToVideo, AnUnseededRunCanBeMadeAgainFromTheSeedItTells) {
  text_to_video_call call = short_call();
  call.seeds.clear();
  const text_to_video_result first = generate(call);
  call.seeds = first.seeds;
  EXPECT_TRUE(at::equal(first.video, generate(call).video));
}

TEST(TextToVideo, ABatchIsItsClipsAlone) {
  text_to_video_call batch = short_call();
  batch.scheduler_class = "EulerAncestralDiscreteScheduler";
  text_to_video_call first = batch, second = batch;
  batch.prompts = {"a dog", "a cat"};
  batch.negative_prompts = {"blurry", "dark"};
  first.prompts = {"a dog"}, first.negative_prompts = {"blurry"};
  second.prompts = {"a cat"}, second.negative_prompts = {"dark"}, second.seeds = {6};
  const at::Tensor got = generate(batch).video;
  EXPECT_LT(largest_difference(got[0], generate(first).video[0]), 1e-4);
  EXPECT_LT(largest_difference(got[1], generate(second).video[0]), 1e-4);
}

TEST(TextToVideo, GuidanceScaleOneIsNoGuidance) {
  text_to_video_call off = short_call(), barely = short_call();
  off.guidance_scale = 1.0;
  barely.guidance_scale = 1.0 + 1e-9;
  int64_t rows = 0;
  off.on_step = [&](const step_report& step) { return rows = step.unet_output.size(0), true; };
  const at::Tensor without = latents_of(off);
  EXPECT_EQ(rows, 1);
  EXPECT_LT(largest_difference(without, latents_of(barely)), 1e-3);
  EXPECT_GT(largest_difference(without, latents_of(short_call())), 0.1);
}

TEST(TextToVideo, StepsAreReportedInOrderWithTheirLatents) {
  text_to_video_call call = short_call();
  std::vector<int64_t> indices;
  std::vector<double> timesteps;
  at::Tensor last;
  call.on_step = [&](const step_report& step) {
    indices.push_back(step.index);
    timesteps.push_back(step.timestep);
    last = step.latents.clone();
    EXPECT_EQ(step.count, 3);
    EXPECT_EQ(step.unet_output.size(0), 2);
    return true;
  };
  const at::Tensor latents = latents_of(call);
  EXPECT_EQ(indices, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(timesteps, (std::vector<double>{667, 334, 1}));
  EXPECT_TRUE(at::equal(last, latents));
}

TEST(TextToVideo, ACallbackCancels) {
  text_to_video_call call = short_call();
  call.on_step = [](const step_report& step) { return step.index < 1; };
  ZT_EXPECT_ERROR(interrupted, "denoising: cancelled after step 2 of 3", generate(call));
  call.on_step = {};
  call.on_frame = [](int64_t index, int64_t) { return index < 1; };
  ZT_EXPECT_ERROR(interrupted, "decoding: cancelled after frame 2 of 3", generate(call));
  call.on_frame = {};
  EXPECT_TRUE(at::equal(generate(call).video, generate(short_call()).video));
}

TEST(TextToVideo, TwoRunsThatShareACutAreTheWholeRun) {
  for (const char* scheduler : {"DDIMScheduler", "EulerDiscreteScheduler", "HeunDiscreteScheduler"}) {
    text_to_video_call whole = short_call();
    whole.scheduler_class = scheduler;
    whole.scheduler_overrides = json::object();
    whole.steps = 4;
    text_to_video_call early = whole, late = whole;
    early.denoising_end = 0.5;
    late.denoising_start = 0.5;
    late.latents = latents_of(early);
    EXPECT_TRUE(at::equal(latents_of(late), latents_of(whole))) << scheduler;
    EXPECT_FALSE(at::equal(late.latents, latents_of(whole))) << scheduler;
  }
}

TEST(TextToVideo, LatentsAreGivenBackWithoutDecoding) {
  text_to_video_call call = short_call();
  const at::Tensor wanted = generate(call).latents;
  call.output_kind = text_to_video_call::output::latents;
  const text_to_video_result got = generate(call);
  EXPECT_FALSE(got.video.defined());
  EXPECT_EQ(got.timings.vae, 0);
  EXPECT_TRUE(at::equal(got.latents, wanted));
}

TEST(TextToVideo, CompatHotshotDrawsForEveryEulerStepAndSharesOneGenerator) {
  text_to_video_call call = short_call();
  call.scheduler_class = "EulerDiscreteScheduler";
  int64_t draws = 0;
  call.noise = [&](at::IntArrayRef shape, at::ScalarType dtype) { return ++draws, at::zeros(shape, dtype); };
  latents_of(call);
  EXPECT_EQ(draws, 0);
  call.compat_hotshot = true;
  latents_of(call);
  EXPECT_EQ(draws, 3);
  call.noise = nullptr;
  call.prompts = {"a dog", "a cat"};
  EXPECT_EQ(generate(call).seeds.size(), 1u);
}

TEST(TextToVideo, NanInTheLatentsNamesTheStep) {
  text_to_video_call call = short_call();
  call.latents = at::zeros({1, 4, 3, 8, 12});
  call.latents[0][1][2][3][4] = std::numeric_limits<float>::quiet_NaN();
  ZT_EXPECT_ERROR(numerical, "a NaN or infinity in the latents after step 1 of 3 (timestep 667)",
                  generate(call));
}

/// Without temporal layers (a UNet2DConditionModel) the frames of a clip are pictures that know nothing of
/// each other.
TEST(TextToVideo, FramesAreIndependentWithoutTemporalLayers) {
  text_to_video_model model = load_text_to_video_model(model_directory::open(random_model_folder().string()));
  json options = model_component::open(random_model_folder() / "unet").read_config().value();
  options["_class_name"] = "UNet2DConditionModel";
  options["down_block_types"] = {"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"};
  options["up_block_types"] = {"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"};
  options["mid_block_type"] = "UNetMidBlock2DCrossAttn";
  model.unet = std::make_unique<unet3d>(config(options, "unet"));
  generator random(1);
  model.unet->initialize(random);

  text_to_video_call clip = short_call();
  clip.latents = generator(2).normal({1, 4, 3, 8, 12});
  const at::Tensor together = text_to_video(model, clip).video;
  text_to_video_call picture = clip;
  picture.video_length = 1;
  for (int64_t frame = 0; frame < 3; ++frame) {
    picture.latents = clip.latents.slice(2, frame, frame + 1);
    EXPECT_LT(largest_difference(text_to_video(model, picture).video.select(2, 0), together.select(2, frame)),
              1e-5);
  }
}

}  // namespace
}  // namespace zoetrope
