// take_linear_step is step() in other words: held to it for every scheduler, prediction and step.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "core/tensor/random.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {
namespace {

std::unique_ptr<scheduler> sampler_of(const std::string& name, const json& changes) {
  json options = {{"beta_start", 0.00085},
                  {"beta_end", 0.012},
                  {"beta_schedule", "scaled_linear"},
                  {"clip_sample", false}};
  if (name == "PNDMScheduler") options["skip_prk_steps"] = true;
  options.update(changes);
  auto sampler = make_scheduler(name, config(options));
  sampler->set_timesteps({.steps = 7});
  return sampler;
}

/// Walks all steps both ways with equal outputs and noise; returns how many of them were linear.
int64_t compare(scheduler& by_step, scheduler& linearly, const step_options& options,
                const std::string& what) {
  int64_t linear_steps = 0;
  const at::Tensor timesteps = by_step.timesteps().to(at::kDouble);
  at::Tensor x = generator(1).normal({2, 3, 5}) * by_step.init_noise_sigma(), y = x;
  for (int64_t i = 0; i < timesteps.size(0); ++i) {
    const double t = timesteps[i].item<double>();
    int64_t draws = 0;
    const noise_source noise = [&](at::IntArrayRef shape, at::ScalarType dtype) {
      ++draws;
      return generator(100 + i).normal(shape).to(dtype);
    };
    const at::Tensor output = generator(50 + i).normal(x.sizes());
    x = by_step.step({output, t, x, noise, options}).prev_sample;
    const auto step = linearly.take_linear_step(t, options);
    if (!step) {
      y = linearly.step({output, t, y, noise, options}).prev_sample;
      continue;
    }
    ++linear_steps;
    EXPECT_EQ(draws, step->draws ? 1 : 0) << what << ", step " << i;
    y = step->sample * y + step->output * output;
    if (step->draws) y = y + step->noise * generator(100 + i).normal(y.sizes());
    const double scale = std::max(1.0, x.abs().max().item<double>());
    EXPECT_LT((x - y).abs().max().item<double>(), 2e-6 * scale) << what << ", step " << i;
  }
  return linear_steps;
}

TEST(LinearStep, IsTheStepForEverySchedulerThatHasOne) {
  std::set<std::string> linear;
  for (const auto& entry : schedulers().entries())
    for (const double eta : {0.0, 0.6}) {
      const auto one = sampler_of(entry.name, json::object()), other = sampler_of(entry.name, json::object());
      if (compare(*one, *other, {.eta = eta}, entry.name) > 0) linear.insert(entry.name);
    }
  for (const char* name : {"EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "DDIMScheduler"})
    EXPECT_TRUE(linear.count(name)) << name;
}

TEST(LinearStep, KnowsEveryPrediction) {
  const std::pair<const char*, std::vector<const char*>> known[] = {
      {"EulerDiscreteScheduler", {"epsilon", "v_prediction", "sample"}},
      {"EulerAncestralDiscreteScheduler", {"epsilon", "v_prediction"}},
      {"DDIMScheduler", {"epsilon", "v_prediction", "sample"}}};
  for (const auto& [name, kinds] : known)
    for (const char* kind : kinds) {
      const json changes = {{"prediction_type", kind}};
      const auto one = sampler_of(name, changes), other = sampler_of(name, changes);
      EXPECT_EQ(compare(*one, *other, {.eta = 0.4}, std::string(name) + " " + kind), one->timesteps().size(0))
          << kind;
    }
}

TEST(LinearStep, WhatIsNotLinearIsLeftToStep) {
  const auto linear_steps = [](const char* name, const json& changes, const step_options& options) {
    const auto one = sampler_of(name, changes), other = sampler_of(name, changes);
    return compare(*one, *other, options, name);
  };
  EXPECT_EQ(linear_steps("EulerDiscreteScheduler", json::object(), {.s_churn = 5.0}), 0);
  EXPECT_EQ(linear_steps("EulerDiscreteScheduler", json::object(), {.draw_always = true}), 0);
  EXPECT_EQ(linear_steps("DDIMScheduler", {{"clip_sample", true}}, {}), 0);
  EXPECT_EQ(linear_steps("DDIMScheduler", {{"thresholding", true}}, {}), 0);
  EXPECT_EQ(linear_steps("DDIMScheduler", json::object(), {.use_clipped_model_output = true}), 0);
}

}  // namespace
}  // namespace zoetrope
