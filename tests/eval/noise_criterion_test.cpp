#include "eval/noise_criterion.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zoetrope {
namespace {

noise_criterion filled(const noise_options& options, const std::vector<double>& samples) {
  noise_criterion criterion(options);
  for (const double sample : samples) criterion.add(sample);
  return criterion;
}

std::vector<double> alternating(std::size_t count, double middle, double swing) {
  std::vector<double> samples;
  for (std::size_t i = 0; i < count; ++i) samples.push_back(middle + (i % 2 ? swing : -swing));
  return samples;
}

TEST(NoiseCriterion, RelativeNoiseIsStandardDeviationOverMean) {
  // python3: statistics.stdev([1, 1.1, .9, 1.05, .95]) / statistics.mean(…)
  EXPECT_NEAR(relative_noise({1, 1.1, 0.9, 1.05, 0.95}), 0.07905694150420953, 1e-15);
  EXPECT_TRUE(std::isinf(relative_noise({1})));
  EXPECT_EQ(relative_noise({2, 2, 2}), 0);
}

TEST(NoiseCriterion, StopsWhenTheNoiseIsSmall) {
  const noise_options options{.max_noise = 0.005, .min_seconds = 0.5, .min_samples = 10};
  EXPECT_EQ(filled(options, alternating(10, 1, 0.001)).stopped(0), "noise");
  EXPECT_EQ(filled(options, alternating(9, 1, 0.001)).stopped(0), "");     // too few
  EXPECT_EQ(filled(options, alternating(20, 0.01, 1e-5)).stopped(0), "");  // 0.2 s in all
  EXPECT_EQ(filled(options, alternating(20, 1, 0.1)).stopped(0), "");      // 10 % of noise
  EXPECT_EQ(filled(options, alternating(60, 0.01, 1e-5)).stopped(0), "noise");
}

TEST(NoiseCriterion, StopsWhereTheNoiseNoLongerChanges) {
  const noise_options options{.max_noise = 0.005, .min_seconds = 0.5, .min_samples = 10};
  EXPECT_EQ(filled(options, alternating(64, 1, 0.1)).stopped(0), "");
  EXPECT_EQ(filled(options, alternating(400, 1, 0.1)).stopped(0), "plateau");
  std::vector<double> growing;  // its noise grows with every sample
  for (int i = 0; i < 400; ++i) growing.push_back(1 + 0.01 * i * (i % 2));
  EXPECT_EQ(filled(options, growing).stopped(0), "");
}

TEST(NoiseCriterion, TimeoutEndsWhatNeverGetsThere) {
  const noise_options options{.timeout_seconds = 15};
  EXPECT_EQ(filled(options, alternating(20, 1, 0.5)).stopped(14.9), "");
  EXPECT_EQ(filled(options, alternating(20, 1, 0.5)).stopped(15), "timeout");
  EXPECT_EQ(filled(options, {}).stopped(15), "timeout");
}

TEST(NoiseCriterion, ASlowerSecondHalfIsSeen) {
  const auto halves = [](double early, double late, double swing) {
    std::vector<double> samples = alternating(10, early, swing);
    for (const double sample : alternating(10, late, swing)) samples.push_back(sample);
    return samples;
  };
  EXPECT_TRUE(slowed_down(halves(1, 1.1, 0.01)));
  EXPECT_FALSE(slowed_down(halves(1, 1.04, 0.01)));  // 4 %
  EXPECT_FALSE(slowed_down(halves(1, 1.1, 0.3)));    // within its scatter
  EXPECT_FALSE(slowed_down(halves(1.1, 1, 0.01)));   // faster
  EXPECT_FALSE(slowed_down({1, 1, 1, 2, 2, 2}));     // too few to say
}

}  // namespace
}  // namespace zoetrope
