#include "schedulers/sigma_schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zoetrope {
namespace {

TEST(SigmaSchedule, EveryCurveFallsFromTheLargestToTheSmallest) {
  for (const sigma_curve curve : {sigma_curve::karras, sigma_curve::exponential, sigma_curve::beta}) {
    const auto sigmas = sigmas_on_curve(curve, 14.6, 0.03, 12);
    ASSERT_EQ(sigmas.size(), 12u);
    EXPECT_NEAR(sigmas.front(), 14.6, 1e-12);
    EXPECT_NEAR(sigmas.back(), 0.03, 1e-12);
    for (std::size_t i = 1; i < sigmas.size(); ++i) EXPECT_LT(sigmas[i], sigmas[i - 1]);
  }
}

TEST(SigmaSchedule, KarrasIsEquation5) {
  const double middle = std::pow((std::pow(80.0, 1 / 7.0) + std::pow(0.002, 1 / 7.0)) / 2, 7);
  EXPECT_NEAR(sigmas_on_curve(sigma_curve::karras, 80, 0.002, 3)[1], middle, 1e-12);
}

TEST(SigmaSchedule, ExponentialHasEqualRatios) {
  EXPECT_NEAR(sigmas_on_curve(sigma_curve::exponential, 16, 1, 5)[1], 8.0, 1e-12);
}

TEST(SigmaSchedule, BetaIsSymmetricAroundTheMiddle) {
  const auto sigmas = sigmas_on_curve(sigma_curve::beta, 3, 1, 7);
  EXPECT_NEAR(sigmas[3], 2.0, 1e-12);
  EXPECT_NEAR(sigmas[1] + sigmas[5], 4.0, 1e-12);
}

TEST(SigmaSchedule, OneStepIsTheLargest) {
  EXPECT_EQ(sigmas_on_curve(sigma_curve::exponential, 4, 1, 1).size(), 1u);
  EXPECT_NEAR(sigmas_on_curve(sigma_curve::karras, 4, 1, 1)[0], 4.0, 1e-12);
}

TEST(SigmaSchedule, InterpolatesInsideAndStaysConstantOutside) {
  const std::vector<float> table = {1, 3, 7};
  EXPECT_EQ(interpolated(table, 0.5), 2.0);
  EXPECT_EQ(interpolated(table, 1.0), 3.0);
  EXPECT_EQ(interpolated(table, -4.0), 1.0);
  EXPECT_EQ(interpolated(table, 99.0), 7.0);
}

TEST(SigmaSchedule, SigmaToTimestepIsStraightInTheLogarithm) {
  const sigma_to_timestep timestep_of({1, 4, 16});
  EXPECT_NEAR(timestep_of(2.0), 0.5, 1e-6);
  EXPECT_NEAR(timestep_of(16.0), 2.0, 1e-6);
  EXPECT_NEAR(timestep_of(1e-3), 0.0, 0.0);  // clipped
  EXPECT_NEAR(timestep_of(99.0), 2.0, 0.0);
  EXPECT_NEAR(timestep_of(2.0f), 0.5f, 1e-6f);
}

TEST(SigmaSchedule, OnlyOneCurveAtATime) {
  EXPECT_THROW(
      read_sigma_curve(config(json::object({{"use_karras_sigmas", true}, {"use_beta_sigmas", true}}))),
      error);
  EXPECT_EQ(read_sigma_curve(config(json::object({{"use_beta_sigmas", true}}))), sigma_curve::beta);
  EXPECT_EQ(read_sigma_curve(config()), sigma_curve::of_timesteps);
}

TEST(SigmaSchedule, RefusesEndsThatHaveNoLogarithm) {
  EXPECT_THROW(read_sigma_ends(config(json::object({{"sigma_min", 0.0}}))), error);
  EXPECT_THROW(read_sigma_ends(config(json::object({{"sigma_max", -1.0}}))), error);
}

}  // namespace
}  // namespace zoetrope
