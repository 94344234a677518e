// Metrics of optical flow on motions that are known.
#include <gtest/gtest.h>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

TEST(MotionAmount, IsTheLengthOfAKnownShiftAtASideOf256) {
  const float_clip clip = moving_texture(3, 128, 160, 3, -2);
  for (const char* method : {"dis", "farneback"}) {
    const metric_values motion =
        measured("motion_amount", {.clip = clip}, {{"method", method}, {"share", 0.8}}).front();
    // 3.6 pixels of 128 rows are 7.2 of 256; the borders see other content.
    EXPECT_NEAR(motion.per_video, 2 * std::hypot(3, 2), 0.4) << method;
  }
}

TEST(MotionAmount, OfAFrozenClipIsNone) {
  const float_clip clip = moving_texture(3, 64, 64, 0, 0);
  EXPECT_LT(measured("motion_amount", {.clip = clip}).front().per_video, 1e-3);
}

}  // namespace
}  // namespace zoetrope
