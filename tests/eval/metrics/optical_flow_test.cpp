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

TEST(WarpError, OfAKnownShiftIsSmallAndOfFlickerIsNot) {
  const float_clip shifted = moving_texture(4, 96, 96, 2, 1);
  const float_clip flickering = made_clip(4, 96, 96, [&](int f, int y, int x, int c) {
    return frame_of(shifted, f)[3 * (96 * y + x) + c] + (f % 2 ? 0.1 : 0.0);
  });
  for (const char* method : {"dis", "farneback"}) {
    const json options{{"method", method}};
    const auto moving = measured("warp_error", {.clip = shifted}, options);
    // Without the flow the squared difference of neighbours is above 1e-2.
    EXPECT_LT(moving[0].per_video, 2e-4) << method;
    EXPECT_LT(moving[1].per_video, 0.3) << method;
    EXPECT_GT(measured("warp_error", {.clip = flickering}, options)[0].per_video, 5e-3) << method;
  }
}

TEST(WarpError, WhatIsCoveredIsHidden) {
  // A square of another texture slides over the ground.
  const float_clip ground = moving_texture(3, 96, 96, 0, 0);
  const float_clip clip = made_clip(3, 96, 96, [&](int f, int y, int x, int c) {
    const int u = x - 20 - 8 * f, v = y - 30;
    return u >= 0 && u < 32 && v >= 0 && v < 32
               ? 0.5 + 0.4 * std::sin(0.9 * u + 0.3 * v + c) * std::cos(0.5 * v)
               : frame_of(ground, 0)[3 * (96 * y + x) + c];
  });
  const auto values = measured("warp_error", {.clip = clip});
  EXPECT_GT(values[1].per_video, 0.02);
  EXPECT_LT(values[1].per_video, 0.5);
}

TEST(FlowSmoothness, SeparatesEvenMotionFromJerks) {
  const float_clip even = moving_texture(5, 96, 96, 2, 0);
  const float_clip jerking = made_clip(5, 96, 96, [](int f, int y, int x, int c) {
    constexpr double at[] = {0, 4, 4, 8, 8};
    return 0.5 + 0.2 * std::sin(0.31 * (x - at[f]) + 0.13 * y + c) +
           0.15 * std::sin(0.17 * y - 0.07 * (x - at[f]));
  });
  const double smooth = measured("flow_smoothness", {.clip = even}).front().per_video;
  EXPECT_LT(smooth, 0.3);
  // 4 pixels more or less each time, at 256 / 96.
  EXPECT_NEAR(measured("flow_smoothness", {.clip = jerking}).front().per_video, 4 * 256 / 96.0, 1.5);
}

TEST(InterpolationResidual, SeesAFrameThatFallsOutOfTheMotion) {
  const float_clip even = moving_texture(5, 96, 96, 2, 0);
  const float_clip flash = made_clip(5, 96, 96, [&](int f, int y, int x, int c) {
    return frame_of(even, f)[3 * (96 * y + x) + c] + (f == 1 ? 0.2 : 0.0);
  });
  const metric_values smooth = measured("interpolation_residual", {.clip = even}).front(),
                      broken = measured("interpolation_residual", {.clip = flash}).front();
  ASSERT_EQ(broken.per_pair.size(), 2u);
  EXPECT_LT(smooth.per_video, 0.02);
  EXPECT_NEAR(broken.per_pair[0], 0.2, 0.02);
  EXPECT_NEAR(broken.per_pair[1], smooth.per_pair[1], 1e-9);
}

TEST(Tof, IsTheDifferenceOfTwoKnownMotions) {
  const float_clip slow = moving_texture(3, 128, 128, 1, 0), fast = moving_texture(3, 128, 128, 3, 0);
  EXPECT_EQ(measured("tof", {.clip = slow, .reference = &slow}).front().per_video, 0);
  EXPECT_NEAR(measured("tof", {.clip = slow, .reference = &fast}).front().per_video, 2, 0.3);
}

TEST(FlowMethod, AnUnknownOneIsRefused) {
  EXPECT_THROW(make_metric(config(json{{"type", "tof"}, {"method", "raft"}})), error);
}

}  // namespace
}  // namespace zoetrope
