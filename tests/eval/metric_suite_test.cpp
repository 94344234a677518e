// Several metrics on one clip: motion beside consistency, reasons instead of values, and what is refused.
#include "eval/metric_suite.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "eval/set_metric.hpp"
#include "tests/core/temporary_folder.hpp"
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

TEST(MetricSuite, AReferenceOfAnotherLengthIsToldWithBothLengths) {
  const float_clip two = moving_texture(2, 8, 8, 1, 0), one = moving_texture(1, 8, 8, 1, 0);
  EXPECT_EQ(failure_of([&] { suite_of({"frame_psnr"}).score({.clip = two, .reference = &one}); }),
            "bad_input: the reference has 1 frame of 8 x 8, the clip 2 frames of 8 x 8");
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

using names = std::vector<std::string>;

names names_of(const std::vector<json>& parts) {
  std::vector<config> configs;
  for (const json& part : parts) configs.push_back(config(part));
  const metric_suite suite(configs);
  const float_clip clip = moving_texture(4, 20, 20, 1, 0);
  names all;
  for (const metric_values& value : suite.score({.clip = clip, .reference = &clip}).values)
    all.push_back(value.name);
  return all;
}

TEST(MetricSuite, OneMetricWithOtherOptionsBearsThem) {
  EXPECT_EQ(names_of({{{"type", "tof"}, {"method", "farneback"}}}), names{"tof"});
  EXPECT_EQ(names_of({{{"type", "tof"}}, {{"type", "tof"}, {"method", "farneback"}}}),
            (names{"tof", "tof[method=farneback]"}));
  EXPECT_EQ(names_of({{{"type", "motion_amount"}, {"method", "farneback"}, {"share", 0.1}},
                      {{"type", "motion_amount"}, {"method", "farneback"}}}),
            (names{"motion_amount[method=farneback:share=0.1]", "motion_amount[method=farneback]"}));
  // All values of a metric bear them, and the plain motion amount still stands beside consistency.
  EXPECT_EQ(names_of({{{"type", "flicker_spectrum"}},
                      {{"type", "flicker_spectrum"}, {"blocks", 4}},
                      {{"type", "motion_amount"}, {"method", "farneback"}},
                      {{"type", "motion_amount"}, {"method", "dis"}}}),
            (names{"flicker_spectrum", "flicker_amplitude", "flicker_spectrum[blocks=4]",
                   "flicker_amplitude[blocks=4]", "motion_amount[method=farneback]",
                   "motion_amount[method=dis]", "motion_amount"}));
}

TEST(MetricSuite, OneMetricTwiceIsRefusedHoweverItIsSaid) {
  const config plain(json{{"type", "tof"}}), same(json{{"type", "tof"}, {"method", "dis"}});
  EXPECT_EQ(failure_of([&] {
              metric_suite({plain, same});
            }),
            "bad_input: metric 'tof[method=dis]' is named twice");
  const config kvd(json{{"type", "kvd_v1"}}), zero(json{{"type", "kvd_v1"}, {"seed", 0}}),
      other(json{{"type", "kvd_v1"}, {"seed", 1}});
  EXPECT_EQ(make_set_metrics({kvd, other})[1].name, "kvd_v1[seed=1]");
  EXPECT_EQ(failure_of([&] {
              make_set_metrics({kvd, zero});
            }),
            "bad_input: metric 'kvd_v1[seed=0]' is named twice");
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
