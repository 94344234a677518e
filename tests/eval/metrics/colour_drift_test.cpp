// Colour drift of clips whose colours move by a known amount.
#include <gtest/gtest.h>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

TEST(ColourDrift, OfSteadyBrighteningIsItsStep) {
  // 5 of 255 a frame in one of three channels.
  const float_clip clip = made_clip(
      4, 6, 7, [](int f, int y, int x, int c) { return (20 + y + 3 * x + (c == 1 ? 5 * f : 0)) / 255.0; });
  const auto values = measured("colour_drift", {.clip = clip});
  EXPECT_TRUE(values[0].per_pair.empty());  // no values of neighbours
  ASSERT_EQ(values[0].curves.at("from_first").size(), 3u);
  EXPECT_NEAR(values[0].curves.at("from_first")[2], 15 / 255.0 / 3, 1e-12);
  EXPECT_NEAR(values[0].per_video, 10 / 255.0 / 3, 1e-12);
  EXPECT_NEAR(values[1].per_video, 5 / 255.0 / 3, 1e-12);
}

TEST(ColourDrift, IsBlindToWhereThingsAre) {
  const float_clip clip =
      made_clip(3, 6, 8, [](int f, int y, int x, int) { return ((x + f) % 8 * 10 + y) / 255.0; });
  const auto values = measured("colour_drift", {.clip = clip});
  EXPECT_EQ(values[0].per_video, 0);
  EXPECT_EQ(values[1].per_video, 0);
}

}  // namespace
}  // namespace zoetrope
