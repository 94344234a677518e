// The vectorised functions of the CPU kernels against the C library's in f64.
#include "models/kernels/simd_math.h"

#include <gtest/gtest.h>

#include <limits>

namespace zoetrope {
namespace {

/// The distance from `wanted` in units of the last place that f32 has there.
double units(float got, double wanted) {
  const float near = std::abs(static_cast<float>(wanted));
  const double unit = std::nextafter(near, std::numeric_limits<float>::infinity()) - near;
  return std::abs(got - wanted) / unit;
}

/// Every `step`-th float of both signs up to `most`.
template <class Visit>
void for_floats_up_to(float most, uint32_t step, const Visit& visit) {
  for (uint32_t bits = 0; bits <= std::bit_cast<uint32_t>(most); bits += step) {
    visit(std::bit_cast<float>(bits));
    visit(-std::bit_cast<float>(bits));
  }
}

TEST(SimdMath, ErfIsWithinTwoUnitsInTheLastPlace) {
  double worst = 0;
  for_floats_up_to(12.0f, 997, [&](float x) {
    if (std::abs(x) < 1e-37f) return;  // where f32 has fewer digits
    worst = std::max(worst, units(fast_erf(x), std::erf(static_cast<double>(x))));
  });
  EXPECT_LT(worst, 2.0);
  EXPECT_GT(worst, 0.5);  // an exact one would make this test suspect
}

TEST(SimdMath, ErfIsOddAndSaturates) {
  EXPECT_EQ(std::bit_cast<uint32_t>(fast_erf(0.0f)), 0u);
  EXPECT_EQ(std::bit_cast<uint32_t>(fast_erf(-0.0f)), 0x80000000u);
  EXPECT_EQ(fast_erf(4.0f), 1.0f);
  EXPECT_EQ(fast_erf(std::numeric_limits<float>::infinity()), 1.0f);
  EXPECT_EQ(fast_erf(-std::numeric_limits<float>::max()), -1.0f);
  for_floats_up_to(5.0f, 99991, [&](float x) { EXPECT_EQ(fast_erf(-x), -fast_erf(x)); });
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
