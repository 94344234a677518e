// Video to video and inpainting: where a run starts, what it keeps, what is refused. Numbers are held by the
// reference cases.
#include "pipelines/source_video.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "pipelines/denoising_plan.hpp"
#include "pipelines/source_checks.hpp"
#include "sample_models.hpp"

namespace zoetrope {
namespace {

text_to_video_call sourced_call(double strength = 0.8) {
  text_to_video_call call = short_call();
  call.steps = 5;
  call.source = source_video{generator(3).uniform({3, 3, 16, 24}, 0, 1), {}, strength};
  call.output_kind = text_to_video_call::output::latents;
  return call;
}

/// The left half of each frame is made anew.
at::Tensor left_half() {
  at::Tensor mask = at::zeros({3, 1, 16, 24});
  mask.slice(3, 0, 12).fill_(1);
  return mask;
}

text_to_video_call inpainting_call(double strength = 0.8) {
  text_to_video_call call = sourced_call(strength);
  call.source->mask = left_half();
  return call;
}

at::Tensor latents_of(const text_to_video_call& call) { return text_to_video(random_model(), call).latents; }

/// What the VAE makes of the source, sampled with the numbers that `seed` gives first: 1 c f h w.
at::Tensor encoded(const source_video& source, uint64_t seed) {
  const autoencoder_kl& vae = *random_model().vae;
  std::vector<at::Tensor> means, deviations;
  for (const at::Tensor& frame : source.frames.split(1)) {
    const latent_distribution latent = vae.encode(frame * 2 - 1);
    means.push_back(latent.mean);
    deviations.push_back(latent.standard_deviation());
  }
  const at::Tensor sample = at::cat(means) + at::cat(deviations) * generator(seed).normal({3, 4, 8, 12});
  return vae.scaled(sample).transpose(0, 1).unsqueeze(0);
}

TEST(SourceVideo, RunsTheLastStepsOfAStrength) {
  EXPECT_EQ(steps_left_out(50, 0.8), 10);
  EXPECT_EQ(steps_left_out(50, 0.58), 22);  // 50 * 0.58 is 28.999999999999996, and diffusers cuts it off
  EXPECT_EQ(steps_left_out(10, 1.0), 0);
  EXPECT_EQ(steps_left_out(10, 0.1), 9);
  const text_to_video_result got = text_to_video(random_model(), sourced_call(0.6));
  EXPECT_TRUE(at::equal(got.timesteps, at::tensor({401., 201., 1.}, at::kDouble)));
}

TEST(SourceVideo, CountsNominalStepsOfTwoCallSchedulers) {
  text_to_video_call call = sourced_call(0.4);
  call.scheduler_class = "HeunDiscreteScheduler";
  call.scheduler_overrides = json::object();
  const auto steps = plan_denoising(random_model(), checked_call(random_model(), call)).timesteps;
  ASSERT_EQ(steps.size(), 3u);  // two levels: two calls and one
  EXPECT_EQ(steps[0], 201);
  EXPECT_EQ(steps[1], 1);
  EXPECT_EQ(steps[2], 1);
}

TEST(SourceVideo, NamesTheLeastStrengthThatRunsAStep) {
  ZT_EXPECT_ERROR(usage, "strength 0.1 leaves none of 5 steps; the least that works is 0.2",
                  checked_call(random_model(), sourced_call(0.1)));
  for (int64_t steps = 1; steps <= 2000; ++steps) {
    const error failure = thrown_by([&] { steps_left_out(steps, 1e-9); });
    const std::string text = failure.what();
    const double least = std::stod(text.substr(text.rfind(' ')));
    EXPECT_EQ(steps_left_out(steps, least), steps - 1) << text;
  }
}

TEST(SourceVideo, WeakerStrengthStaysCloserToTheSource) {
  const at::Tensor clean = encoded(*sourced_call().source, 5);
  double last = 0;
  for (const double strength : {0.2, 0.6, 1.0}) {
    const double distance = (latents_of(sourced_call(strength)) - clean).square().mean().item<double>();
    EXPECT_GT(distance, last) << strength;
    last = distance;
  }
}

TEST(SourceVideo, SameSeedSameBytesAndABatchIsItsClipsAlone) {
  EXPECT_TRUE(at::equal(latents_of(inpainting_call()), latents_of(inpainting_call())));
  text_to_video_call batch = sourced_call(), second = sourced_call();
  batch.prompts = {batch.prompts[0], "a cat"};
  second.prompts = {"a cat"};
  second.seeds = {6};
  const at::Tensor both = latents_of(batch);
  EXPECT_LT((both[0] - latents_of(sourced_call())[0]).abs().max().item<double>(), 1e-4);
  EXPECT_LT((both[1] - latents_of(second)[0]).abs().max().item<double>(), 1e-4);
}

TEST(SourceVideo, CannotStartInsideARungeKuttaWarmUp) {
  text_to_video_call call = sourced_call();
  call.scheduler_class = "PNDMScheduler";
  call.scheduler_overrides = {{"skip_prk_steps", false}};
  call.steps = 20;
  call.source->strength = 0.6;
  ZT_EXPECT_ERROR(usage, "set skip_prk_steps", latents_of(call));
  call.source->strength = 1.0;
  EXPECT_TRUE(latents_of(call).isfinite().all().item<bool>());
}

TEST(Inpainting, EndsWithTheSourcesOwnLatentsWhereNothingIsMade) {
  const at::Tensor clean = encoded(*inpainting_call().source, 5);
  for (const char* scheduler : {"DDIMScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler",
                                "UniPCMultistepScheduler", "PNDMScheduler", "KDPM2DiscreteScheduler"})
    for (const double strength : {0.6, 1.0}) {
      text_to_video_call call = inpainting_call(strength);
      call.scheduler_class = scheduler;
      call.scheduler_overrides = {{"skip_prk_steps", true}};  // of PNDM alone
      const at::Tensor got = latents_of(call);
      EXPECT_TRUE(at::equal(got.slice(4, 6), clean.slice(4, 6))) << scheduler << " at " << strength;
      EXPECT_FALSE(at::equal(got.slice(4, 0, 6), clean.slice(4, 0, 6))) << scheduler;
    }
}

TEST(Inpainting, HoldsTheSourceAtEachStepsNoiseLevel) {
  text_to_video_call call = inpainting_call();
  const at::Tensor clean = encoded(*call.source, 5);
  generator random(5);
  random.normal({3, 4, 8, 12});  // the VAE's sample
  const at::Tensor noise = random.normal({1, 4, 3, 8, 12});
  const denoising_plan plan = plan_denoising(random_model(), checked_call(random_model(), call));
  const at::Tensor alpha_bar = plan.steps->alphas_cumprod();
  call.on_step = [&](const step_report& step) {
    if (step.index + 1 == step.count) return true;
    const double level = alpha_bar[static_cast<int64_t>(plan.timesteps[step.index + 1])].item<double>();
    const at::Tensor wanted = clean * std::sqrt(level) + noise * std::sqrt(1 - level);
    EXPECT_LT((step.latents - wanted).slice(4, 6).abs().max().item<double>(), 1e-5);
    return true;
  };
  latents_of(call);
}

TEST(Inpainting, AtStrengthOneNothingOfTheSourceIsLeftWhereAllIsMadeAnew) {
  text_to_video_call call = inpainting_call(1), other = call;
  call.source->mask = at::ones({3, 1, 16, 24});
  other.source->mask = call.source->mask;
  other.source->frames = at::zeros({3, 3, 16, 24});
  EXPECT_TRUE(at::equal(latents_of(call), latents_of(other)));
  call.source->mask = other.source->mask = at::Tensor();
  EXPECT_FALSE(at::equal(latents_of(call), latents_of(other)));  // without a mask it shows through
}

TEST(Inpainting, FramesHaveMasksOfTheirOwn) {
  text_to_video_call call = inpainting_call(1);
  call.source->mask = at::ones({3, 1, 16, 24});
  call.source->mask[1].zero_();
  const at::Tensor clean = encoded(*call.source, 5), got = latents_of(call);
  EXPECT_TRUE(at::equal(got.select(2, 1), clean.select(2, 1)));
  for (const int64_t frame : {0, 2}) EXPECT_FALSE(at::equal(got.select(2, frame), clean.select(2, frame)));
}

TEST(SourceChecks, RefuseWhatDoesNotFitTheCall) {
  const auto refused = [](const char* text, const std::function<void(text_to_video_call&)>& change) {
    text_to_video_call call = inpainting_call();
    change(call);
    ZT_EXPECT_ERROR(usage, text, checked_call(random_model(), call));
  };
  refused("the source video has 2 frames, 3 are asked", [](auto& call) {
    call.source->frames = at::zeros({2, 3, 16, 24});
  });
  refused("the source video is 16 x 24 pixels, 24 x 16 are asked", [](auto& call) {
    call.source->frames = at::zeros({3, 3, 24, 16});
  });
  refused("the source video is not given, wanted [frames, 3, height, width]",
          [](auto& call) { call.source->frames = at::Tensor(); });
  refused("the source video has values outside [0, 1]",
          [](auto& call) { call.source->frames = call.source->frames - 1; });
  refused("the source video is not floating point", [](auto& call) {
    call.source->frames = at::zeros({3, 3, 16, 24}, at::kByte);
  });
  refused("the mask has 1 frames, 3 are asked", [](auto& call) {
    call.source->mask = at::zeros({1, 1, 16, 24});
  });
  refused("the mask is [3, 3, 16, 24], wanted [frames, 1, height, width]", [](auto& call) {
    call.source->mask = at::zeros({3, 3, 16, 24});
  });
  refused("the mask has values outside [0, 1]", [](auto& call) { call.source->mask = left_half() * 255; });
  refused("the mask has values outside [0, 1], or that are no numbers",
          [](auto& call) { call.source->mask = left_half() / 0; });
  refused("strength is 0", [](auto& call) { call.source->strength = 0; });
  refused("strength is 1.5", [](auto& call) { call.source->strength = 1.5; });
  refused("strength is nan", [](auto& call) { call.source->strength = std::nan(""); });
  refused("different places to start from", [](auto& call) { call.latents = at::zeros({1, 4, 3, 8, 12}); });
  refused("a mask needs the run to its end", [](auto& call) { call.denoising_end = 0.8; });
}

}  // namespace
}  // namespace zoetrope
