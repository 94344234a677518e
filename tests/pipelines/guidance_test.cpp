// Guidance and its rescaling on numbers worked out by hand.
#include "pipelines/guidance.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace zoetrope {
namespace {

at::Tensor clip(std::vector<float> values) { return at::tensor(values).view({1, 1, 1, 1, -1}).clone(); }

TEST(Guidance, ExtrapolatesFromNegativeToText) {
  const at::Tensor halves = at::cat({clip({1, 2}), clip({3, 1})});
  EXPECT_TRUE(at::equal(guide(halves, {.scale = 3}), clip({7, -1})));
}

TEST(Guidance, ScaleOfOneOrLessReturnsThePositivesAsTheyAre) {
  const at::Tensor positives = clip({3, 1});
  EXPECT_TRUE(guide(positives, {.scale = 1}).is_same(positives));
  EXPECT_TRUE(guide(positives, {.scale = 0.5, .rescale = 0.7}).is_same(positives));
}

// text (0, 2): unbiased std √2; guided (0, 6): 3√2; rescaled (0, 2); a quarter of it and three of (0, 6): (0,
// 5).
TEST(Guidance, RescalePullsTheDeviationTowardsTheTexts) {
  const at::Tensor got = guide(at::cat({clip({0, 0}), clip({0, 2})}), {.scale = 3, .rescale = 0.25});
  EXPECT_TRUE(at::allclose(got, clip({0, 5})));
}

TEST(Guidance, RescaleTakesItsDeviationOverTheWholeClipAndEachClipItsOwn) {
  const at::Tensor text = at::randn({2, 4, 3, 5, 6}), guided = at::randn({2, 4, 3, 5, 6}) * 7;
  const at::Tensor got = rescale_guided(guided, text, 1.0);
  for (int64_t i : {0, 1}) {
    const double wanted = text[i].std().item<double>();
    EXPECT_NEAR(got[i].std().item<double>(), wanted, 1e-4 * wanted);
    EXPECT_TRUE(at::allclose(got[i], rescale_guided(guided[i].unsqueeze(0), text[i].unsqueeze(0), 1.0)[0],
                             1e-5, 1e-6));
  }
}

}  // namespace
}  // namespace zoetrope
