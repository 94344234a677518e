#include "core/tensor/random.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(Random, ASeedGivesTheNumbersOfPythonsGenerator) {
  // torch.randn(4, generator=torch.Generator("cpu").manual_seed(seed)), PyTorch 2.11.
  const auto near = [](uint64_t seed, std::vector<float> wanted) {
    return at::allclose(generator(seed).normal({4}), at::tensor(wanted), 0.0, 5e-5);
  };
  EXPECT_TRUE(near(0, {1.5410f, -0.2934f, -2.1788f, 0.5684f}));
  EXPECT_TRUE(near(42, {0.3367f, 0.1288f, 0.2345f, 0.2303f}));
}

TEST(Random, AnotherPurposeIsAnotherStream) {
  const at::Tensor noise = generator(3).normal({64});
  EXPECT_FALSE(at::equal(generator::for_purpose(3, "weights").normal({64}), noise));
  EXPECT_FALSE(at::equal(generator::for_purpose(3, "weights").normal({64}),
                         generator::for_purpose(3, "dropout").normal({64})));
  EXPECT_FALSE(at::equal(generator::for_purpose(3, "weights").normal({64}),
                         generator::for_purpose(4, "weights").normal({64})));
  EXPECT_TRUE(at::equal(generator::for_purpose(3, "weights").normal({64}),
                        generator::for_purpose(3, "weights").normal({64})));
}

TEST(Random, UniformStaysInItsRange) {
  const at::Tensor drawn = generator(5).uniform({10'000}, -2.0, 3.0);
  EXPECT_GE(drawn.min().item<float>(), -2.0f);
  EXPECT_LT(drawn.max().item<float>(), 3.0f);
  EXPECT_NEAR(drawn.mean().item<double>(), 0.5, 0.06) << "four standard errors of 5 / sqrt(12 * 10000)";
}

}  // namespace
}  // namespace zoetrope
