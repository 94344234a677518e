// One pass or two: the latents are those of guidance followed by the scheduler's step.
#include "pipelines/sampling_step.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

std::unique_ptr<scheduler> sampler_of(const std::string& name) {
  auto sampler = make_scheduler(name, config(json{{"clip_sample", false}}));
  sampler->set_timesteps({.steps = 5});
  return sampler;
}

void compare(const std::string& name, const guidance_options& guidance, at::ScalarType dtype,
             double tolerance) {
  const auto one = sampler_of(name), other = sampler_of(name);
  at::Tensor x = generator(1).normal({2, 4, 3, 5, 6}).to(dtype);
  const at::Tensor timesteps = one->timesteps().to(at::kDouble);
  for (int64_t i = 0; i < timesteps.size(0); ++i) {
    const double t = timesteps[i].item<double>();
    const at::Tensor output = generator(10 + i).normal({guidance.active() ? 4 : 2, 4, 3, 5, 6}).to(dtype);
    const noise_source noise = [&](at::IntArrayRef shape, at::ScalarType type) {
      return generator(20 + i).normal(shape).to(type);
    };
    const at::Tensor wanted = one->step({guide(output, guidance), t, x, noise}).prev_sample;
    const at::Tensor got = sampling_step(*other, {output, t, x, noise}, guidance);
    EXPECT_EQ(got.scalar_type(), wanted.scalar_type());
    const double scale = std::max(1.0, wanted.abs().max().item<double>());
    EXPECT_LT((got - wanted).abs().max().item<double>(), tolerance * scale) << name << ", step " << i;
    x = wanted;
  }
}

TEST(SamplingStep, IsGuidanceThenStep) {
  for (const char* name : {"EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "DDIMScheduler",
                           "DPMSolverMultistepScheduler", "HeunDiscreteScheduler"})
    for (const guidance_options& guidance : {guidance_options{7.5, 0.0}, guidance_options{1.0, 0.0},
                                             guidance_options{5.0, 0.7}, guidance_options{1.0, 0.7}}) {
      compare(name, guidance, at::kFloat, 2e-6);
      compare(name, guidance, at::kBFloat16, 0.03);  // the kernel rounds once, the operators thrice
    }
}

}  // namespace
}  // namespace zoetrope
