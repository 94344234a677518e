// What the metrics of one run are called: by type; where one type is there several times with other options,
// by what is said of each: "tof", "tof[method=farneback]".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eval/metric.hpp"

namespace zoetrope {

/// What stands behind the type of each metric in its names and those of its values: "" or "[key=value:…]",
/// the options that its config has. The metrics have been made of the configs, which know their defaults
/// then. error{bad_input} for two that are the same.
std::vector<std::string> option_suffixes(const std::vector<config>& options);

/// Measures the same under longer names.
template <class... Inputs>
auto with_suffix(std::function<std::vector<metric_values>(Inputs...)> measure, const std::string& suffix) {
  return [=](Inputs... inputs) {
    std::vector<metric_values> values = measure(inputs...);
    for (metric_values& value : values) value.name += suffix;
    return values;
  };
}

}  // namespace zoetrope
