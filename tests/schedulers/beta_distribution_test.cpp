#include "schedulers/beta_distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace zoetrope {
namespace {

TEST(BetaDistribution, IsUniformForOneAndOne) {
  for (const double x : {0.0, 0.125, 0.5, 0.9, 1.0}) {
    EXPECT_NEAR(beta_cumulative(x, 1, 1), x, 1e-15);
    EXPECT_NEAR(beta_quantile(x, 1, 1), x, 1e-15);
  }
}

// Beta(1/2, 1/2) is the arcsine law: I_x = 2/pi asin(sqrt x).
TEST(BetaDistribution, IsTheArcsineLawForOneHalf) {
  for (const double p : {1e-9, 1e-4, 0.01, 0.2, 0.5, 0.77, 0.999}) {
    const double root = std::sin(p * std::numbers::pi / 2);
    EXPECT_NEAR(beta_quantile(p, 0.5, 0.5) / (root * root), 1.0, 1e-12) << p;
  }
}

// I_x(a, 1) = x^a and I_x(1, b) = 1 - (1 - x)^b.
TEST(BetaDistribution, IsAPowerWhereOneParameterIsOne) {
  for (const double p : {1e-6, 0.1, 0.5, 0.9}) {
    EXPECT_NEAR(beta_quantile(p, 3.5, 1), std::pow(p, 1 / 3.5), 1e-13);
    EXPECT_NEAR(beta_quantile(p, 1, 0.3), 1 - std::pow(1 - p, 1 / 0.3), 1e-13);
  }
}

// Beta(2, 2): 3 x^2 - 2 x^3.
TEST(BetaDistribution, MatchesACubic) {
  for (const double x : {0.05, 0.3, 0.5, 0.8})
    EXPECT_NEAR(beta_cumulative(x, 2, 2), 3 * x * x - 2 * x * x * x, 1e-14);
}

TEST(BetaDistribution, QuantileInvertsTheCumulative) {
  for (const double a : {0.6, 2.0, 17.0})
    for (const double b : {0.6, 5.0})
      for (const double p : {1e-12, 1e-3, 0.25, 0.5, 0.75, 0.999})
        EXPECT_NEAR(beta_cumulative(beta_quantile(p, a, b), a, b), p, 1e-13) << a << ' ' << b << ' ' << p;
}

TEST(BetaDistribution, IsSymmetric) {
  for (const double p : {0.001, 0.1, 0.4})
    EXPECT_NEAR(beta_quantile(p, 0.6, 0.6), 1 - beta_quantile(1 - p, 0.6, 0.6), 1e-13);
  EXPECT_NEAR(beta_quantile(0.5, 0.6, 0.6), 0.5, 1e-14);
}

TEST(BetaDistribution, ReachesBothEnds) {
  EXPECT_EQ(beta_quantile(0, 0.6, 0.6), 0.0);
  EXPECT_EQ(beta_quantile(1, 0.6, 0.6), 1.0);
}

}  // namespace
}  // namespace zoetrope
