#include "schedulers/float32_math.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zoetrope {
namespace {

// What numpy 2.4.6 gives on x86 with AVX2; the first five are not the correctly rounded logarithm.
TEST(Float32Math, NumpyLogIsNumpysToTheBit) {
  EXPECT_EQ(numpy_log(0x1.54deaap+12f), 0x1.1354b4p+3f);
  EXPECT_EQ(numpy_log(0x1.262104p+0f), 0x1.1c589ep-3f);
  EXPECT_EQ(numpy_log(0x1.4834d8p+6f), 0x1.1a1200p+2f);
  EXPECT_EQ(numpy_log(0x1.4dfae8p+0f), 0x1.104920p-2f);
  EXPECT_EQ(numpy_log(0x1.d81ca8p+2f), 0x1.ff92c2p+0f);
  EXPECT_EQ(numpy_log(0x1.d3ab24p+3f), 0x1.574c8ep+1f);
  EXPECT_EQ(numpy_log(0x1.dde180p-6f), -0x1.c47104p+1f);
  EXPECT_EQ(numpy_log(1.0f), 0.0f);
}

TEST(Float32Math, NumpyLogIsALogarithmEverywhere) {
  for (float x = 1e-37f; x < 1e37f; x *= 1.37f)
    EXPECT_NEAR(numpy_log(x) / std::log(static_cast<double>(x)), 1.0, 5e-7) << x;
  EXPECT_EQ(numpy_log(0.0f), -INFINITY);
  EXPECT_EQ(numpy_log(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(numpy_log(-1.0f)));
}

TEST(Float32Math, TorchFunctionsAreWithinTwoUnitsInTheLastPlace) {
  for (float x = 1e-6f; x < 80.0f; x *= 1.9f) {
    EXPECT_NEAR(torch_sqrt(x) / std::sqrt(static_cast<double>(x)), 1.0, 2.5e-7) << x;
    EXPECT_NEAR(torch_exp(x) / std::exp(static_cast<double>(x)), 1.0, 2.5e-7) << x;
    EXPECT_NEAR(torch_expm1(x) / std::expm1(static_cast<double>(x)), 1.0, 2.5e-7) << x;
    EXPECT_NEAR(torch_log(x), std::log(static_cast<double>(x)), 1e-6) << x;
  }
  EXPECT_EQ(torch_log(0.0f), -INFINITY);
}

TEST(Float32Math, VectorsRoundAsScalarsDo) {
  std::vector<float> values;
  for (float x = 1e-4f; x < 1e4f; x *= 1.01f) values.push_back(x);
  const std::vector<float> roots = torch_sqrt(values);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(roots[i], torch_sqrt(values[i]));
}

}  // namespace
}  // namespace zoetrope
