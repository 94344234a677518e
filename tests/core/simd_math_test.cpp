// The vectorised functions of the CPU kernels against the C library's in f64.
#include "core/simd_math.h"

#include <gtest/gtest.h>

#include <limits>

namespace zoetrope {
namespace {

/// Every `step`-th float of both signs up to `most`.
template <class Visit>
void for_floats_up_to(float most, uint32_t step, const Visit& visit) {
  for (uint32_t bits = 0; bits <= std::bit_cast<uint32_t>(most); bits += step) {
    visit(std::bit_cast<float>(bits));
    visit(-std::bit_cast<float>(bits));
  }
}

double exact_normal_cdf(double g) { return 0.5 * std::erfc(-g / std::sqrt(2.0)); }

TEST(SimdMath, NormalCdfIsAccurate) {
  double worst = 0;
  for_floats_up_to(12.0f, 997, [&](float x) {
    const double wanted = exact_normal_cdf(x), off = std::abs(normal_cdf(x) - wanted);
    worst = std::max(worst, off);
    if (x > -6) {
      ASSERT_LT(off, (x > -3 ? 1e-6 : 5e-6) * wanted) << x;
    }
  });
  EXPECT_LT(worst, 1.5e-7);
  EXPECT_GT(worst, 3e-8);  // an exact one would make this test suspect
}

TEST(SimdMath, NormalCdfSaturates) {
  EXPECT_EQ(normal_cdf(0.0f), 0.5f);
  EXPECT_EQ(normal_cdf(-0.0f), 0.5f);
  for (const float far : {6.0f, 100.0f, std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(normal_cdf(far), 1.0f);
    EXPECT_EQ(normal_cdf(-far), 0.0f);
  }
  for_floats_up_to(5.0f, 99991, [&](float x) { EXPECT_NEAR(normal_cdf(-x), 1 - normal_cdf(x), 1e-7); });
}

TEST(SimdMath, ExpIsAccurateOverItsRange) {
  for_floats_up_to(87.0f, 4999, [&](float x) {
    const double wanted = std::exp(static_cast<double>(x));
    ASSERT_LT(std::abs(fast_exp(x) - wanted), 2e-7 * wanted) << x;
  });
}

TEST(SimdMath, SigmoidIsAccurateAndSaturates) {
  for_floats_up_to(80.0f, 4999, [&](float x) {
    const double wanted = 1 / (1 + std::exp(-static_cast<double>(x)));
    ASSERT_LT(std::abs(sigmoid(x) - wanted), 4e-7 * wanted) << x;
  });
  EXPECT_EQ(sigmoid(1e30f), 1.0f);
  EXPECT_LT(sigmoid(-1e30f), 1e-37f);
}

}  // namespace
}  // namespace zoetrope
