// Whatever a metric of the table measures, a reader is told what it is.
#include "eval/measure_meaning.hpp"

#include <gtest/gtest.h>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

measure metric_named(const std::string& name) { return {.name = name, .of = measure::metric}; }
measure cost_named(const std::string& name) { return {.name = name, .of = measure::cost}; }

TEST(MeasureMeaning, EveryValueOfEveryMetricHasOne) {
  const float_clip clip = moving_texture(8, 64, 64, 2, 1);
  std::size_t values = 0;
  for (const auto& part : metrics().entries()) {
    const named_metric metric = make_metric(config(json{{"type", part.name}}));
    const metric_input input{.clip = clip, .reference = &clip, .prompt = "a large red circle moving left"};
    if (!why_unavailable(metric, input).empty()) continue;
    for (const metric_values& value : metric.measure(input)) {
      ++values;
      EXPECT_NE(meaning_of(metric_named(value.name)), "")
          << value.name << ": say it in eval/measure_meaning.cpp";
      EXPECT_EQ(role_of(metric_named(value.name)), metric.role) << value.name;
    }
  }
  EXPECT_GE(values, 18u);
}

TEST(MeasureMeaning, OptionsInTheNameChangeNothing) {
  EXPECT_EQ(meaning_of(metric_named("tof[method=farneback]")), meaning_of(metric_named("tof")));
  EXPECT_EQ(role_of(metric_named("warp_error_hidden[method=farneback]")), metric_role::consistency);
}

TEST(MeasureMeaning, OfTimesMemoryAndStrangers) {
  EXPECT_EQ(meaning_of(cost_named("speed/text")), "time of the text encoders, a clip");
  EXPECT_EQ(role_of(cost_named("speed/text")), std::nullopt);
  EXPECT_EQ(meaning_of(metric_named("speed/text")), "");
  EXPECT_EQ(meaning_of(metric_named("from_a_plugin")), "");
  EXPECT_EQ(role_of(metric_named("from_a_plugin")), std::nullopt);
}

}  // namespace
}  // namespace zoetrope
