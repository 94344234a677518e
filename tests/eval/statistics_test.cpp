// The paired statistics, against scipy 1.17.1 (stats.bootstrap with method BCa over the same resamples,
// stats.permutation_test with permutation_type samples), statsmodels 0.15.0 (multipletests) and numpy 2.4.6.
#include "eval/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

using numbers = std::vector<double>;

const numbers five{0.5, 1.25, -0.25, 3.0, 0.75};
const numbers twelve{0.5, -1.25, 2.0, 0.125, 3.5, -0.75, 1.0, 0.25, -0.5, 4.25, 1.5, 0.0};
// Sixteenths, so that sums are exact and ties are ties in numpy too.
const numbers twenty{0.8125, -0.3125, 1.9375, 0.5,   0.0625, -1.125, 2.375,   0.6875, 0.9375, -0.4375,
                     1.25,   0.1875,  3.9375, -0.75, 0.5625, 1.4375, -0.0625, 0.75,   1.0625, 0.375};
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void expect_interval(const interval& got, double low, double high) {
  EXPECT_NEAR(got.low, low, 1e-12);
  EXPECT_NEAR(got.high, high, 1e-12);
}

TEST(Statistics, QuantilesAreNumpys) {
  numbers sorted = twelve;
  std::sort(sorted.begin(), sorted.end());
  const numbers shares{0, 0.1, 0.5, 0.975, 1}, wanted{-1.25, -0.725, 0.375, 4.04375, 4.25};
  for (std::size_t i = 0; i < shares.size(); ++i)
    EXPECT_NEAR(quantile(sorted, shares[i]), wanted[i], 1e-12) << shares[i];
}

TEST(Statistics, AFewValuesAreResampledInEveryWay) {
  EXPECT_EQ(bootstrap_means(five).size(), 3125u);
  expect_interval(mean_interval(five), 0.3, 2.3);
  expect_interval(mean_interval(five, {.level = 0.8}), 0.55, 1.85);
}

// The shares are BCa's by scipy's normal distribution, the bounds numpy's quantile(method="inverted_cdf") of
// all n^n means.
TEST(Statistics, BoundsOfAFewValuesAreMeansOfResamples) {
  expect_interval(mean_interval(numbers{-1.128, 0.014}), -1.128, 0.014);  // scipy's BCa, too
  expect_interval(mean_interval(numbers{1, 2, 3.5}), 1, 3.5);
  expect_interval(mean_interval(numbers{1, 2, 3.5}, {.level = 0.8}), 4.0 / 3, 3);
  const numbers four{0.5, 1.25, -0.25, 3.0};
  expect_interval(mean_interval(four), 0.125, 2.5625);
  expect_interval(mean_interval(four, {.level = 0.5}), 0.75, 1.6875);
}

// A quarter of 4 is whole: the lower bound is the first mean, and the upper one, by symmetry, the last.
TEST(Statistics, TurnedSignsTurnTheInterval) {
  expect_interval(mean_interval(numbers{0, 1}, {.level = 0.5}), 0, 1);
  const interval there = mean_interval(five, {.level = 0.8});
  expect_interval(mean_interval(numbers{-0.5, -1.25, 0.25, -3.0, -0.75}, {.level = 0.8}), -there.high,
                  -there.low);
}

TEST(Statistics, DrawnResamplesAreThoseOfTheSameMersenneTwister) {
  const numbers means = bootstrap_means(twenty, {.bootstrap = 2000, .seed = 7});
  ASSERT_EQ(means.size(), 2000u);
  EXPECT_NEAR(means.front(), 0.00625, 1e-12);
  EXPECT_NEAR(means[1000], 0.703125, 1e-12);
  EXPECT_NEAR(means.back(), 1.709375, 1e-12);
}

TEST(Statistics, IntervalsAreScipysOverTheSameResamples) {
  expect_interval(mean_interval(twelve), 0.10416666666666669, 1.9479166666666667);
  expect_interval(mean_interval(twelve, {.level = 0.99}), -0.08333333333333333, 2.3559640958355885);
  const resampling seven{.bootstrap = 2000, .seed = 7};
  expect_interval(mean_interval(twenty, seven), 0.28461856531502877, 1.2992185133333194);
}

TEST(Statistics, AnIntervalNeedsTwoValuesAndASpread) {
  EXPECT_TRUE(std::isnan(mean_interval({}).low));
  EXPECT_TRUE(std::isnan(mean_interval(numbers{3}).high));
  expect_interval(mean_interval(numbers{0, 0, 0}), 0, 0);  // a backend that changes nothing
  expect_interval(mean_interval(numbers(30, 0.1)), 0.1, 0.1);
  EXPECT_TRUE(
      mentions(failure_of([] { mean_interval(five, {.level = 95}); }), "usage: a confidence level of 95"));
}

TEST(Statistics, SignFlipsOfAFewAreAllTaken) {
  EXPECT_EQ(sign_flip_p(five), 0.125);
  EXPECT_EQ(sign_flip_p(twelve), 0.1025390625);
  EXPECT_EQ(sign_flip_p(twenty, {.sign_flips = 1 << 20}), 0.008195877075195312);
  EXPECT_EQ(sign_flip_p(numbers{1, 2, 3, 4}), least_sign_flip_p(4));
  EXPECT_EQ(sign_flip_p(numbers{0.1, 0.2, -0.3, 0.0}), 1);  // the sum is zero but for rounding
  EXPECT_TRUE(std::isnan(sign_flip_p({})));
}

TEST(Statistics, DrawnSignFlipsComeCloseToAll) {
  const double spread = std::sqrt(0.008195877075195312 / 65536);
  EXPECT_NEAR(sign_flip_p(twenty), 0.008195877075195312, 4 * spread);
  EXPECT_EQ(sign_flip_p(twenty), sign_flip_p(twenty));
  EXPECT_NE(sign_flip_p(twenty), sign_flip_p(twenty, {.seed = 1}));
  EXPECT_EQ(sign_flip_p(numbers(100, 1), {.sign_flips = 99}), 0.01);  // never zero: the sample is one of them
}

TEST(Statistics, HolmIsStatsmodels) {
  const numbers p{0.012, 0.2, nan, 0.0004, 0.03, 0.03, 0.9, 0.0101};
  const numbers wanted{0.0606, 0.4, nan, 0.0028, 0.12, 0.12, 0.9, 0.0606};
  const numbers got = holm_adjusted(p);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    if (i == 2)
      EXPECT_TRUE(std::isnan(got[i]));
    else
      EXPECT_NEAR(got[i], wanted[i], 1e-12) << i;
  EXPECT_TRUE(holm_adjusted({}).empty());
}

TEST(Statistics, TheEffectIsTheMeanInSpreads) {
  EXPECT_NEAR(cohens_dz(five), 0.8627304315186491, 1e-12);
  EXPECT_NEAR(cohens_dz(twenty), 0.6180061166212841, 1e-12);
  EXPECT_TRUE(std::isnan(cohens_dz(numbers(30, 0.1))));
  EXPECT_TRUE(std::isnan(cohens_dz(numbers{1})));
}

// The statistic |sum of d| with signs swapped is the sign-flip test.
TEST(Statistics, SwappedPairsGiveTheSignFlipTestOfASum) {
  const std::vector<double> d{1, 3, -0.5, 2, 4, 1.5, -1, 2.5};
  const auto statistic = [&](const std::vector<bool>& swapped) {
    double sum = 0;
    for (std::size_t i = 0; i < d.size(); ++i) sum += swapped[i] ? -d[i] : d[i];
    return std::abs(sum);
  };
  EXPECT_EQ(swap_p(d.size(), statistic), sign_flip_p(d));
  const double drawn = swap_p(d.size(), statistic, {.swaps = 200});
  EXPECT_NEAR(drawn, sign_flip_p(d), 0.03);
  EXPECT_EQ(drawn, swap_p(d.size(), statistic, {.swaps = 200}));
  EXPECT_TRUE(std::isnan(swap_p(0, statistic)));
}

}  // namespace
}  // namespace zoetrope
