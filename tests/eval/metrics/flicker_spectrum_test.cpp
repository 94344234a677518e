// The flicker spectrum of brightness that swings at a known frequency.
#include <gtest/gtest.h>

#include <numbers>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

// 16 frames whose brightness makes `turns` whole turns, even in time: it has no part of a straight line.
float_clip swinging(int turns, double amplitude) {
  return made_clip(16, 16, 16, [=](int f, int, int, int) {
    return 0.5 + amplitude * std::cos(2 * std::numbers::pi * turns * (f - 7.5) / 16.0);
  });
}

TEST(FlickerSpectrum, PeaksAtTheFrequencyThatFlickers) {
  const float_clip clip = swinging(6, 0.1);
  const auto values = measured("flicker_spectrum", {.clip = clip, .fps = 8});
  const auto& energy = values[0].curves.at("energy");
  const auto peak = std::max_element(energy.begin(), energy.end()) - energy.begin();
  EXPECT_EQ(values[0].curves.at("frequency")[peak], 3);  // 6 turns in 2 seconds
  EXPECT_NEAR(energy[6], 0.1 * 0.1 / 2, 1e-8);
  EXPECT_NEAR(values[0].per_video, 1, 1e-6);
  EXPECT_EQ(values[1].name, "flicker_amplitude");
  EXPECT_NEAR(values[1].per_video, 0.1 / std::sqrt(2), 1e-7);
}

TEST(FlickerSpectrum, SlowChangeIsNoFlicker) {
  const float_clip slow = swinging(2, 0.1);
  EXPECT_LT(measured("flicker_spectrum", {.clip = slow})[0].per_video, 1e-9);
  const float_clip brighter =
      made_clip(8, 16, 16, [](int f, int y, int, int) { return 0.2 + 0.05 * f + 0.01 * y; });
  EXPECT_LT(measured("flicker_spectrum", {.clip = brighter})[1].per_video, 1e-7);
}

TEST(FlickerSpectrum, BeginsAboveAQuarterOfTheFrameRate) {
  const float_clip four_frames = swinging(4, 0.1), shorter = swinging(5, 0.1);
  EXPECT_LT(measured("flicker_spectrum", {.clip = four_frames})[0].per_video, 1e-9);
  EXPECT_NEAR(measured("flicker_spectrum", {.clip = shorter})[0].per_video, 1, 1e-6);
}

TEST(FlickerSpectrum, OfAFrozenClipIsNone) {
  for (const int frames : {7, 8, 24}) {
    const float_clip frozen = moving_texture(frames, 24, 24, 0, 0);
    const auto values = measured("flicker_spectrum", {.clip = frozen});
    EXPECT_EQ(values[0].per_video, 0);
    EXPECT_EQ(values[1].per_video, 0);
  }
}

}  // namespace
}  // namespace zoetrope
