// What all metrics share, and the two simplest of them on clips worked by hand.
#include "eval/metric.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

TEST(FloatClip, ANanIsANumericalErrorThatNamesItsFrame) {
  float_clip clip = made_clip(3, 4, 5, [](int, int, int, int) { return 0.5; });
  EXPECT_NO_THROW(check_finite(clip));
  clip.pixels[2 * frame_size(clip) + 7] = std::numeric_limits<float>::quiet_NaN();
  try {
    check_finite(clip);
    FAIL() << "accepted";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::numerical);
    EXPECT_NE(std::string(failure.what()).find("frame 2"), std::string::npos) << failure.what();
  }
  clip.pixels.pop_back();
  EXPECT_THROW(check_finite(clip), error);
}

TEST(Metrics, AnUnknownNameIsRefusedWithAHint) {
  try {
    make_metric(config(json{{"type", "temporal_flickerin"}}));
    FAIL() << "accepted";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    EXPECT_NE(std::string(failure.what()).find("did you mean 'temporal_flickering'"), std::string::npos);
  }
  EXPECT_THROW(make_metric(config(json{{"type", "frame_psnr"}, {"colour", 1}})), error);
}

TEST(Metrics, SayWhatTheyNeed) {
  const float_clip clip = moving_texture(2, 8, 9, 1, 0);
  EXPECT_EQ(why_unavailable({.needs = {.reference = true}}, {.clip = clip}), "needs a reference video");
  EXPECT_EQ(why_unavailable({.needs = {.prompt = true}}, {.clip = clip}), "needs a prompt");
  EXPECT_EQ(why_unavailable({.needs = {.frames = 3}}, {.clip = clip}), "needs 3 frames, has 2");
  EXPECT_EQ(why_unavailable({.needs = {.side = 11}}, {.clip = clip}),
            "needs frames of at least 11 x 11, has 9 x 8");
  EXPECT_EQ(why_unavailable({.unavailable = "needs dino.safetensors"}, {.clip = clip}),
            "needs dino.safetensors");
  EXPECT_EQ(why_unavailable({.needs = {.reference = true}}, {.clip = clip, .reference = &clip}), "");
}

TEST(TemporalFlickering, IsWhatTheFormulaSays) {
  // Steps of 51 and 102 of 255 in every pixel: 1 - (51 + 102) / 2 / 255.
  const float_clip clip = made_clip(3, 4, 5, [](int f, int, int, int) {
    return f == 0 ? 0.0 : f == 1 ? 0.2 : 0.6;
  });
  const metric_values values = measured("temporal_flickering", {.clip = clip}).front();
  EXPECT_NEAR(values.per_video, 0.7, 1e-12);
  ASSERT_EQ(values.per_pair.size(), 2u);
  EXPECT_NEAR(values.per_pair[0], 0.8, 1e-12);
  EXPECT_NEAR(values.per_pair[1], 0.6, 1e-12);
  EXPECT_EQ(values.direction, better::higher);
}

TEST(FramePsnr, IsWhatTheFormulaSays) {
  const float_clip clip = made_clip(3, 4, 5, [](int f, int, int, int) {
    return f == 0 ? 0.25 : f == 1 ? 0.375 : 0.375;
  });
  const metric_values values = measured("frame_psnr", {.clip = clip}).front();
  ASSERT_EQ(values.per_pair.size(), 2u);
  EXPECT_NEAR(values.per_pair[0], 10 * std::log10(64.0), 1e-9);
  EXPECT_EQ(values.per_pair[1], 100);  // equal frames
}

}  // namespace
}  // namespace zoetrope
