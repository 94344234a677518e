#include "schedulers/dpm_solver.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zoetrope {
namespace {

constexpr float alpha_s = 0.6f, sigma_s = 0.8f, alpha_t = 0.8f, sigma_t = 0.6f;
const float h = std::log(alpha_t / sigma_t) - std::log(alpha_s / sigma_s);

// A prediction that never changes has an exact solution: x_t = alpha_t x_0 + sigma_t epsilon.
TEST(DpmSolver, IsExactForAConstantPrediction) {
  const double x0 = 0.7, epsilon = -1.3, x_s = alpha_s * x0 + sigma_s * epsilon,
               x_t = alpha_t * x0 + sigma_t * epsilon;
  const auto original = dpm_step({true, false}, alpha_s, sigma_s, alpha_t, sigma_t, h);
  EXPECT_NEAR(original.sample * x_s + original.d0 * x0, x_t, 1e-6);
  const auto noise = dpm_step({false, false}, alpha_s, sigma_s, alpha_t, sigma_t, h);
  EXPECT_NEAR(noise.sample * x_s + noise.d0 * epsilon, x_t, 1e-6);
}

// The SDE forms keep the marginal: variance of the carried noise and the fresh noise add up to sigma_t^2.
TEST(DpmSolver, StochasticFormsKeepTheMarginal) {
  const auto c = dpm_step({true, true}, alpha_s, sigma_s, alpha_t, sigma_t, h);
  EXPECT_NEAR(c.sample * c.sample * sigma_s * sigma_s + c.noise * c.noise, sigma_t * sigma_t, 1e-6);
  EXPECT_NEAR(c.sample * alpha_s + c.d0, alpha_t, 1e-6);
}

// For small h midpoint and exact integration of D1 agree to first order: both are half of h D0's share.
TEST(DpmSolver, SecondOrderFormsAgreeInTheLimit) {
  for (const dpm_algorithm algorithm :
       {dpm_algorithm{true, false}, {false, false}, {true, true}, {false, true}}) {
    const float lambda = 0.01f, small = 0.02f;
    const auto alpha = [](double l) { return static_cast<float>(1 / std::sqrt(1 + std::exp(-2 * l))); };
    const auto sigma = [](double l) { return static_cast<float>(1 / std::sqrt(1 + std::exp(2 * l))); };
    const auto c = dpm_step(algorithm, alpha(lambda), sigma(lambda), alpha(lambda + small),
                            sigma(lambda + small), small);
    EXPECT_NEAR(c.d1 / c.d1_midpoint, 1.0, 0.03);
    EXPECT_NEAR(c.d1_midpoint / c.d0, 0.5, 1e-3);
  }
}

TEST(DpmSolver, RefusesWhatHasNoFormula) {
  const config options;
  EXPECT_THROW(check_dpm_options(options, {false, false}, /*ends_at_sigma_min=*/false, false, 2), error);
  EXPECT_THROW(check_dpm_options(options, {false, false}, true, /*predicts_flow=*/true, 2), error);
  EXPECT_THROW(check_dpm_options(options, {true, false}, false, false, 4), error);
  EXPECT_NO_THROW(check_dpm_options(options, {true, false}, false, true, 3));
}

TEST(DpmSolver, LambdaMinClipsTheNoisiestTimesteps) {
  const config options(json::object({{"beta_schedule", "squaredcos_cap_v2"}, {"lambda_min_clipped", -5.1}}));
  const noise_schedule schedule = read_noise_schedule(options);
  const int64_t first = first_clipped_timestep(options, schedule);
  const auto lambda = [&](int64_t t) {
    return 0.5 * std::log(double(schedule.alpha_bar(t)) / (1.0 - double(schedule.alpha_bar(t))));
  };
  EXPECT_LT(lambda(first), -5.1);
  EXPECT_GE(lambda(first - 1), -5.1);
  EXPECT_EQ(first_clipped_timestep(config(), schedule), 1000);
}

}  // namespace
}  // namespace zoetrope
