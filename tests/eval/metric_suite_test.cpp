// Several metrics on one clip: motion beside consistency, reasons instead of values, and what is refused.
#include "eval/metric_suite.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

metric_suite suite_of(const std::vector<std::string>& names) {
  std::vector<config> parts;
  for (const std::string& name : names) parts.push_back(config(json{{"type", name}}));
  return metric_suite(parts);
}

error_kind refused(const metric_input& input) {
  try {
    suite_of({"frame_psnr"}).score(input);
  } catch (const error& failure) {
    return failure.kind();
  }
  return error_kind::runtime;
}

TEST(MetricSuite, ConsistencyNeverStandsWithoutMotion) {
  EXPECT_EQ(suite_of({"frame_psnr"}).parts().size(), 2u);
  EXPECT_EQ(suite_of({"motion_amount", "frame_psnr"}).parts().size(), 2u);
  EXPECT_EQ(suite_of({"motion_amount"}).parts().size(), 1u);
}

TEST(MetricSuite, AFrozenClipIsMarkedStillAndAMovingOneIsNot) {
  const float_clip frozen = moving_texture(4, 64, 64, 0, 0), moving = moving_texture(4, 64, 64, 2, 0);
  const metric_suite suite = suite_of({"temporal_flickering"});
  const clip_scores of_frozen = suite.score({.clip = frozen}), of_moving = suite.score({.clip = moving});
  EXPECT_EQ(of_frozen.find("temporal_flickering")->per_video, 1);
  EXPECT_LT(of_moving.find("temporal_flickering")->per_video, 1);
  EXPECT_TRUE(of_frozen.still);
  EXPECT_FALSE(of_moving.still);
}

TEST(MetricSuite, WhatAClipLacksIsAReasonNotAnError) {
  const float_clip tiny = moving_texture(2, 8, 8, 1, 0);
  const clip_scores scores = suite_of({"frame_psnr"}).score({.clip = tiny});
  EXPECT_NE(scores.find("frame_psnr"), nullptr);
  EXPECT_EQ(scores.unavailable.at("motion_amount"), "needs frames of at least 16 x 16, has 8 x 8");
}

TEST(MetricSuite, RefusesWhatCannotBeMeasured) {
  const float_clip clip = moving_texture(3, 20, 20, 1, 0), one = moving_texture(1, 20, 20, 1, 0),
                   wider = moving_texture(3, 20, 24, 1, 0), longer = moving_texture(4, 20, 20, 1, 0);
  float_clip broken = clip;
  broken.pixels[5] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(refused({.clip = one}), error_kind::bad_input);
  EXPECT_EQ(refused({.clip = broken}), error_kind::numerical);
  EXPECT_EQ(refused({.clip = clip, .reference = &wider}), error_kind::bad_input);
  EXPECT_EQ(refused({.clip = clip, .reference = &longer}), error_kind::bad_input);
  EXPECT_EQ(refused({.clip = clip, .reference = &broken}), error_kind::numerical);
  EXPECT_THROW(suite_of({"frame_psnr", "frame_psnr"}), error);
}

TEST(MetricSuite, AMetricFromOutsideIsListedWithItsReason) {
  metrics().add({"needs_a_net",
                 [](const config&, const metric_setup& setup) {
                   return metric{.unavailable = setup.weights.empty() ? "needs net.safetensors" : ""};
                 },
                 "of a test"});
  const float_clip clip = moving_texture(2, 20, 20, 1, 0);
  EXPECT_EQ(suite_of({"needs_a_net"}).score({.clip = clip}).unavailable.at("needs_a_net"),
            "needs net.safetensors");
}

}  // namespace
}  // namespace zoetrope
