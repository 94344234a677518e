// Values worked by hand from the equations of the papers; a schedule of three betas makes them short.
//   alpha_bar = 0.9, 0.45, 0.09: SNR = 9, 0.45 / 0.55, 0.09 / 0.91
#include "training/objective.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

model_scheduler three_levels(const char* prediction_type) {
  return {
      "DDIMScheduler",
      {{"num_train_timesteps", 3}, {"trained_betas", {0.1, 0.5, 0.8}}, {"prediction_type", prediction_type}}};
}

objective made(json options, const char* prediction_type = "epsilon") {
  return objective(config(std::move(options)), three_levels(prediction_type));
}

// One number a clip: x_0 = 2, epsilon = -1, at the levels' timesteps 0, 1, 2.
const at::Tensor originals = at::full({3, 1, 1, 1, 1}, 2.0);
const noise_draw drawn{at::full({3, 1, 1, 1, 1}, -1.0), at::tensor({0.1, 0.5, 0.9}, at::kDouble)};
const double bars[] = {0.9, 0.45, 0.09};

void expect_each(const at::Tensor& got, const std::function<double(double alpha, double sigma)>& wanted) {
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(got.flatten()[i].item<double>(), wanted(std::sqrt(bars[i]), std::sqrt(1 - bars[i])), 1e-6)
        << i;
}

TEST(Objective, NoisesAndTargets) {
  const objective epsilon = made({});
  expect_each(epsilon.noised(originals, drawn), [](double a, double s) { return 2 * a - s; });
  expect_each(epsilon.target(originals, drawn), [](double, double) { return -1.0; });
  expect_each(made({}, "v_prediction").target(originals, drawn),
              [](double a, double s) { return -a - 2 * s; });
  expect_each(made({}, "sample").target(originals, drawn), [](double, double) { return 2.0; });
  EXPECT_TRUE(at::equal(epsilon.timesteps(drawn.levels), at::tensor({0.f, 1.f, 2.f})));
}

TEST(Objective, TheConfigMayAskForAnotherPredictionThanTheScheduler) {
  const objective v = made({{"prediction", "v_prediction"}});
  expect_each(v.target(originals, drawn), [](double a, double s) { return -a - 2 * s; });
}

TEST(Objective, AFlowGoesStraightFromDataToNoise) {
  const objective flow = made({{"prediction", "flow_prediction"}});
  const at::Tensor noised = flow.noised(originals, drawn).flatten(),
                   target = flow.target(originals, drawn).flatten();
  for (int i = 0; i < 3; ++i) {
    const double s = drawn.levels[i].item<double>();
    EXPECT_NEAR(noised[i].item<double>(), (1 - s) * 2 - s, 1e-6);
    EXPECT_EQ(target[i].item<double>(), -3.0);
    EXPECT_NEAR(flow.timesteps(drawn.levels)[i].item<double>(), 3 * s, 1e-6);
  }
  // shift 3: s' = 3 s / (1 + 2 s)
  const objective shifted = made({{"prediction", "flow_prediction"}, {"shift", 3.0}});
  EXPECT_NEAR(shifted.timesteps(drawn.levels)[1].item<double>(), 3 * 1.5 / 2, 1e-6);
}

// output = 0, so that the error is the squared target; gamma 5 bounds only the first level's SNR of 9.
TEST(Objective, MinSnrWeighsLevels) {
  const at::Tensor zeros = at::zeros({3, 1, 1, 1, 1});
  const auto bounded = [](double a, double s, double gamma) { return std::min(a * a / (s * s), gamma); };
  const auto snr = [](double a, double s) { return a * a / (s * s); };
  expect_each(made({{"snr_gamma", 5.0}}).losses(zeros, originals, drawn),
              [&](double a, double s) { return bounded(a, s, 5) / snr(a, s); });
  expect_each(
      made({{"snr_gamma", 5.0}}, "v_prediction").losses(zeros, originals, drawn),
      [&](double a, double s) { return bounded(a, s, 5) / (snr(a, s) + 1) * std::pow(a + 2 * s, 2); });
  expect_each(made({{"snr_gamma", 5.0}}, "sample").losses(zeros, originals, drawn),
              [&](double a, double s) { return bounded(a, s, 5) * 4; });
  // fine_tune.py: gamma is True, and v is weighted as epsilon is.
  expect_each(
      made({{"snr_gamma", 5.0}, {"compat_hotshot", true}}, "v_prediction").losses(zeros, originals, drawn),
      [&](double a, double s) { return bounded(a, s, 1) / snr(a, s) * std::pow(a + 2 * s, 2); });
}

TEST(Objective, ALastLevelWithoutSignalHasAFiniteWeight) {
  model_scheduler scheduler = three_levels("epsilon");
  scheduler.options["trained_betas"] = {0.1, 0.5, 1.0};
  const objective epsilon(config(json{{"snr_gamma", 5.0}}), scheduler);
  const at::Tensor losses = epsilon.losses(at::zeros({3, 1, 1, 1, 1}), originals, drawn);
  EXPECT_EQ(losses[2].item<double>(), 1.0);
}

TEST(Objective, ARowsNoiseDoesNotDependOnHowTheBatchIsCut) {
  const objective any = made({{"noise_offset", 0.1}});
  const noise_draw whole = any.draw(3, 7, 0, 4, {4, 2, 3, 2, 2});
  const noise_draw half = any.draw(3, 7, 2, 4, {2, 2, 3, 2, 2});
  EXPECT_TRUE(at::equal(whole.noise.slice(0, 2), half.noise));
  EXPECT_TRUE(at::equal(whole.levels.slice(0, 2), half.levels));
  EXPECT_FALSE(at::equal(whole.noise, any.draw(3, 8, 0, 4, {4, 2, 3, 2, 2}).noise));
  EXPECT_FALSE(at::equal(whole.noise, any.draw(4, 7, 0, 4, {4, 2, 3, 2, 2}).noise));
}

TEST(Objective, TheOffsetIsOneNumberAClipAndChannel) {
  const std::vector<int64_t> shape = {2, 3, 4, 5, 6};
  const at::Tensor plain = made({}).draw(1, 0, 0, 2, shape).noise;
  const at::Tensor shifts = made({{"noise_offset", 0.5}}).draw(1, 0, 0, 2, shape).noise - plain;
  EXPECT_LT((shifts - shifts.mean({2, 3, 4}, true)).abs().max().item<double>(), 1e-5);
  EXPECT_GT(shifts.mean({2, 3, 4}).std().item<double>(), 0.05);
}

TEST(Objective, StratifiedLevelsLieOneInEachShare) {
  const at::Tensor levels = std::get<0>(made({}).draw(0, 0, 0, 8, {8, 1, 1, 1, 1}).levels.sort());
  for (int i = 0; i < 8; ++i) {
    EXPECT_GE(levels[i].item<double>(), i / 8.0);
    EXPECT_LT(levels[i].item<double>(), (i + 1) / 8.0);
  }
}

TEST(Objective, RefusesWhatCannotBeMeant) {
  EXPECT_THROW(made({{"snr_gamma", 0.0}}), error);
  EXPECT_THROW(made({{"snr_gamma", 5.0}, {"prediction", "flow_prediction"}}), error);
  EXPECT_THROW(made({{"shift", 2.0}}), error);
  EXPECT_THROW(made({{"prediction", "velocity"}}), error);
}

// The quantiles at 1/4, 1/2, 3/4: powers of u; sigmoid of the normal's -0.67449, 0, 0.67449.
TEST(TimestepDistribution, HasItsQuantiles) {
  const at::Tensor u = at::tensor({0.25, 0.5, 0.75}, at::kDouble);
  const auto levels = [&](json options) { return make_timestep_distribution(config(std::move(options)))(u); };
  EXPECT_TRUE(at::equal(levels({}), u));
  EXPECT_TRUE(at::allclose(levels({{"type", "high_noise"}, {"power", 2.0}}),
                           at::tensor({0.4375, 0.75, 0.9375}, at::kDouble)));
  EXPECT_TRUE(at::allclose(levels({{"type", "logit_normal"}}),
                           at::tensor({0.33749224, 0.5, 0.66250776}, at::kDouble), 1e-6));
  EXPECT_TRUE(at::allclose(levels({{"from", 0.5}}), at::tensor({0.625, 0.75, 0.875}, at::kDouble)));
  EXPECT_THROW(levels({{"from", 0.5}, {"to", 0.5}}), error);
  EXPECT_THROW(levels({{"type", "high_noise"}, {"power", 0.0}}), error);
}

TEST(Objective, TheSchedulerFollowsTheTarget) {
  const model_scheduler had = three_levels("v_prediction");
  const auto fits = [](const json& options, const model_scheduler& scheduler) {
    return objective(config(options), scheduler).scheduler_for(scheduler);
  };
  EXPECT_EQ(fits({}, had).options, had.options);
  model_scheduler sample = fits({{"prediction", "sample"}}, had);
  EXPECT_EQ(sample.class_name, "DDIMScheduler");
  EXPECT_EQ(sample.options.at("prediction_type"), "sample");
  sample.options["prediction_type"] = "v_prediction";
  EXPECT_EQ(sample.options, had.options);  // all else is as it was
  const model_scheduler flow = fits({{"prediction", "flow_prediction"}, {"shift", 3.0}}, had);
  EXPECT_EQ(flow.class_name, "FlowMatchEulerDiscreteScheduler");
  EXPECT_EQ(
      flow.options,
      (json{{"_class_name", "FlowMatchEulerDiscreteScheduler"}, {"num_train_timesteps", 3}, {"shift", 3.0}}));
  // A model that is a flow's goes on as one, with its shift: level 0.5 at 3 · 0.5 / (1 + 2 · 0.5).
  EXPECT_EQ(fits({}, flow).options, flow.options);
  EXPECT_NEAR(objective(config(), flow).timesteps(drawn.levels)[1].item<double>(), 3 * 0.75, 1e-6);
  EXPECT_EQ(fits({{"shift", 1.0}}, flow).options.at("shift"), 1.0);
}

TEST(Objective, RefusesTargetsThatTheNoiseLevelsDoNotAllow) {
  const auto failure = [](const json& options, const model_scheduler& scheduler) {
    return failure_of([&] { objective(config(options, "a.yaml"), scheduler); });
  };
  model_scheduler silent = three_levels("v_prediction");
  silent.options["rescale_betas_zero_snr"] = true;  // alpha_bar ends at 0
  EXPECT_TRUE(mentions(failure({{"prediction", "epsilon"}}, silent), "rescale_betas_zero_snr"));
  EXPECT_EQ(failure({{"prediction", "sample"}}, silent), "no error");
  EXPECT_TRUE(mentions(failure({{"prediction", "sample"}}, {"FlowMatchEulerDiscreteScheduler"}), "flow"));
  EXPECT_TRUE(mentions(failure({{"noise_offset", -1.0}}, silent), "$.noise_offset: wanted 0 or more"));
  EXPECT_TRUE(
      mentions(failure({{"prediction", "epsilom"}}, silent), "a.yaml: $: unknown prediction 'epsilom'"));
}

}  // namespace
}  // namespace zoetrope
