// What set_timesteps takes and refuses, class by class; values are worked out by hand.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "schedulers/scheduler.hpp"

namespace zoetrope {
namespace {

std::unique_ptr<scheduler> sampler_with(const std::string& name, const timestep_request& request,
                                        json options = {}) {
  if (options.is_null()) options = json::object();
  auto sampler = make_scheduler(name, config(options));
  sampler->set_timesteps(request);
  return sampler;
}

std::vector<double> values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kDouble).contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

void expect_near(const at::Tensor& got, const std::vector<double>& want, double tolerance) {
  const std::vector<double> have = values(got);
  ASSERT_EQ(have.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(have[i], want[i], tolerance) << i;
}

TEST(SchedulerRequest, RefusesMoreThanOneKindOfLevels) {
  for (const char* name :
       {"EulerDiscreteScheduler", "DDPMScheduler", "DPMSolverMultistepScheduler", "LCMScheduler"}) {
    EXPECT_THROW(sampler_with(name, {.steps = 2, .timesteps = {999, 10}}), error) << name;
    EXPECT_THROW(sampler_with(name, {.timesteps = {999, 10}, .sigmas = {5, 1, 0}}), error) << name;
  }
}

TEST(SchedulerRequest, RefusesListsThatTheClassDoesNotTake) {
  for (const char* name :
       {"DDIMScheduler", "PNDMScheduler", "LMSDiscreteScheduler", "UniPCMultistepScheduler"})
    EXPECT_THROW(sampler_with(name, {.timesteps = {999, 10}}), error) << name;
  for (const char* name : {"DDPMScheduler", "HeunDiscreteScheduler", "UniPCMultistepScheduler"})
    EXPECT_THROW(sampler_with(name, {.sigmas = {5, 1, 0}}), error) << name;
}

TEST(SchedulerRequest, RefusesCustomTimestepsNextToACurve) {
  for (const char* name : {"EulerDiscreteScheduler", "HeunDiscreteScheduler", "DPMSolverMultistepScheduler",
                           "DPMSolverSinglestepScheduler"})
    EXPECT_THROW(sampler_with(name, {.timesteps = {999, 10}}, {{"use_karras_sigmas", true}}), error) << name;
  for (const char* name : {"DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"})
    EXPECT_THROW(sampler_with(name, {.timesteps = {999, 10}}, {{"use_flow_sigmas", true}}), error) << name;
}

TEST(SchedulerRequest, RefusesTimestepsThatRiseOrLieOutside) {
  for (const char* name : {"DDPMScheduler", "LCMScheduler", "TCDScheduler"}) {
    EXPECT_THROW(sampler_with(name, {.timesteps = {10, 999}}), error) << name;
    EXPECT_THROW(sampler_with(name, {.timesteps = {1000, 10}}), error) << name;
    EXPECT_THROW(sampler_with(name, {.timesteps = {10, -1}}), error) << name;
    EXPECT_THROW(sampler_with(name, {.timesteps = {10.5, 3}}), error) << name;
  }
  EXPECT_THROW(sampler_with("EulerDiscreteScheduler", {.timesteps = {std::nan(""), 3}}), error);
}

TEST(SchedulerRequest, EulerTakesSigmasWithTheirLast) {
  const auto sampler = sampler_with("EulerDiscreteScheduler", {.sigmas = {14.0, 3.0, 0.5, 0.0}});
  expect_near(sampler->sigmas(), {14.0, 3.0, 0.5, 0.0}, 0.0);
  EXPECT_EQ(sampler->timesteps().numel(), 3);
  EXPECT_NEAR(sampler->init_noise_sigma(), 14.0, 0.0);
}

TEST(SchedulerRequest, EulerTakesTimesteps) {
  const auto custom = sampler_with("EulerDiscreteScheduler", {.timesteps = {999, 500, 3}});
  expect_near(custom->timesteps(), {999, 500, 3}, 0.0);
  EXPECT_EQ(custom->sigmas().numel(), 4);
}

// As diffusers 0.42.1 has them. The cosine schedule is so steep at its end that the float of the second
// timestep, 964.5517, and not its double, decides how much noise the first step leaves.
TEST(SchedulerRequest, SigmasAreReadAtTimestepsInFloat) {
  const auto sampler = sampler_with("KDPM2AncestralDiscreteScheduler", {.steps = 30},
                                    {{"beta_schedule", "squaredcos_cap_v2"}});
  expect_near(sampler->timesteps().slice(0, 0, 4),
              {999.0, 964.043212890625, 964.5516967773438, 930.1041870117188}, 1e-3);
  expect_near(sampler->sigmas().slice(0, 1, 3), {18.61280632019043, 18.61280632019043}, 0.0);
}

// As diffusers 0.42.1 has them.
TEST(SchedulerRequest, DpmSolversCutCustomTimestepsToWholeOnes) {
  for (const char* name : {"DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"}) {
    const auto sampler = sampler_with(name, {.timesteps = {854.9, 500.5, 20.3}});
    expect_near(sampler->timesteps(), {854, 500, 20}, 0.0);
    expect_near(sampler->sigmas(), {40.44145202636719, 3.442967414855957, 0.07939887046813965, 0.0}, 1e-5);
  }
}

TEST(SchedulerRequest, PndmNeedsFourStepsToWarmUp) {
  EXPECT_THROW(sampler_with("PNDMScheduler", {.steps = 3}), error);
  EXPECT_EQ(sampler_with("PNDMScheduler", {.steps = 1}, {{"skip_prk_steps", true}})->timesteps().numel(), 1);
  // Three Runge-Kutta steps of four calls, then one step for each level that is left.
  expect_near(sampler_with("PNDMScheduler", {.steps = 5})->timesteps(),
              {800, 700, 700, 600, 600, 500, 500, 400, 400, 300, 300, 200, 200, 0}, 0.0);
}

TEST(SchedulerRequest, LcmChoosesFromTheTimestepsOfDistillation) {
  expect_near(sampler_with("LCMScheduler", {.steps = 4})->timesteps(), {999, 759, 499, 259}, 0.0);
  expect_near(sampler_with("LCMScheduler", {.steps = 2, .original_inference_steps = 4})->timesteps(),
              {999, 499}, 0.0);
  expect_near(sampler_with("LCMScheduler", {.steps = 2, .strength = 0.5})->timesteps(), {499, 259}, 0.0);
  EXPECT_THROW(sampler_with("LCMScheduler", {.steps = 51}), error);
  EXPECT_THROW(sampler_with("LCMScheduler", {.steps = 4, .original_inference_steps = 0}), error);
  EXPECT_THROW(sampler_with("LCMScheduler", {.steps = 4, .strength = 0.0}), error);
}

TEST(SchedulerRequest, FlowMatchingShifts) {
  // 3 s / (1 + 2 s), from the shifted ends 1 and 3/1002 of training.
  const double last = 3.0 / 1002;
  expect_near(sampler_with("FlowMatchEulerDiscreteScheduler", {.steps = 2}, {{"shift", 3.0}})->sigmas(),
              {1.0, 3 * last / (1 + 2 * last), 0.0}, 1e-6);
  // e^mu / (e^mu + 1/s - 1)
  const json dynamic = {{"use_dynamic_shifting", true}};
  expect_near(
      sampler_with("FlowMatchEulerDiscreteScheduler", {.sigmas = {1.0, 0.5}, .mu = std::log(3.0)}, dynamic)
          ->sigmas(),
      {1.0, 0.75, 0.0}, 1e-6);
  EXPECT_THROW(sampler_with("FlowMatchEulerDiscreteScheduler", {.steps = 4}, dynamic), error);
  EXPECT_THROW(sampler_with("FlowMatchEulerDiscreteScheduler", {.timesteps = {9, 8, 7}, .sigmas = {1, 0.5}}),
               error);
}

TEST(SchedulerRequest, FlowMatchingStretchesAndInverts) {
  const auto stretched =
      sampler_with("FlowMatchEulerDiscreteScheduler", {.steps = 5}, {{"shift_terminal", 0.1}});
  EXPECT_NEAR(stretched->sigmas()[4].item<double>(), 0.1, 1e-6);
  expect_near(
      sampler_with("FlowMatchEulerDiscreteScheduler", {.sigmas = {0.8, 0.3}}, {{"invert_sigmas", true}})
          ->sigmas(),
      {0.2, 0.7, 1.0}, 1e-6);
}

// The second level is called twice; a run that begins with it takes its step once.
TEST(SchedulerRequest, PndmBegunAtTheSecondLevelIsAsIfThatWereCalledOnce) {
  const auto end_from = [](int64_t first) {
    const auto sampler = sampler_with("PNDMScheduler", {.steps = 5}, {{"skip_prk_steps", true}});
    sampler->set_begin_index(first);
    const std::vector<double> all = values(sampler->timesteps());
    EXPECT_EQ(all[1], all[2]);
    at::Tensor x = at::tensor({0.5f, -1.25f});
    const noise_source none;
    for (std::size_t i = first; i < all.size(); ++i)
      x = sampler->step({at::sin(x), all[i], x, none}).prev_sample;
    return x;
  };
  EXPECT_TRUE(at::equal(end_from(1), end_from(2)));
  EXPECT_FALSE(at::equal(end_from(0), end_from(1)));
}

TEST(SchedulerRequest, MuIsForDynamicShifting) {
  EXPECT_THROW(
      sampler_with("DPMSolverMultistepScheduler", {.steps = 4, .mu = 1.0}, {{"use_flow_sigmas", true}}),
      error);
  EXPECT_THROW(
      sampler_with("DPMSolverMultistepScheduler", {.steps = 4, .mu = 1.0}, {{"use_karras_sigmas", true}}),
      error);
  const json flow = {{"use_flow_sigmas", true}, {"use_dynamic_shifting", true}};
  EXPECT_NO_THROW(sampler_with("DPMSolverMultistepScheduler", {.steps = 4, .mu = 1.0}, flow));
  EXPECT_THROW(sampler_with("UniPCMultistepScheduler", {.steps = 4}, flow), error);
}

// As diffusers 0.42.1 has it: DEIS takes sigma as it is in its list to part a flow into x_0 and epsilon, also
// where the list is not one of flow matching.
TEST(SchedulerRequest, DeisReadsAFlowInTermsOfItsOwnSigmas) {
  const auto sampler =
      sampler_with("DEISMultistepScheduler", {.steps = 2},
                   {{"prediction_type", "flow_prediction"}, {"beta_schedule", "scaled_linear"}});
  at::Tensor x = at::tensor({0.5f, -1.25f}).view({1, 2});
  const at::Tensor flow = at::tensor({0.75f, 0.25f}).view({1, 2});
  const noise_source none;
  std::vector<at::Tensor> states;
  for (const double t : values(sampler->timesteps()))
    states.push_back(x = sampler->step({flow, t, x, none}).prev_sample);
  expect_near(states[0][0], {9.942378044128418, -26.031511306762695}, 1e-4);
  expect_near(states[1][0], {12.47431468963623, -34.4581413269043}, 1e-4);
}

// diffusers before 0.26 draws at every step of Euler, used or not.
TEST(SchedulerRequest, DrawAlwaysDrawsAndChangesNothing) {
  const auto run = [](bool always, int& draws) {
    const auto sampler = sampler_with("EulerDiscreteScheduler", {.steps = 3});
    at::Tensor x = at::ones({1, 2, 2, 2});
    const noise_source noise = [&](at::IntArrayRef shape, at::ScalarType) {
      return ++draws, at::full(shape, 1e3);
    };
    for (const double t : values(sampler->timesteps())) {
      step_input input{0.1 * x, t, x, noise};
      input.options.draw_always = always;
      x = sampler->step(input).prev_sample;
    }
    return x;
  };
  int with = 0, without = 0;
  EXPECT_TRUE(at::equal(run(true, with), run(false, without)));
  EXPECT_EQ(with, 3);
  EXPECT_EQ(without, 0);
}

}  // namespace
}  // namespace zoetrope
