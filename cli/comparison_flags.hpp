// What `results compare`, `results sets` and `report` ask alike: against which arm, at what level, and what
// counts as one observation.
#pragma once

#include <CLI/CLI.hpp>

#include "eval/comparison.hpp"

namespace zoetrope {

struct comparison_flags {
  std::string baseline;  ///< empty: the first arm
  double level = 0.95;
  std::string by = "clip";
};

void add_comparison_flags(CLI::App& command, comparison_flags& flags);

/// error{usage} for a level outside of (0, 1).
resampling resampling_of(const comparison_flags& flags);
observation observation_of(const comparison_flags& flags);
/// error{usage} as arm_table::find_arm().
std::size_t baseline_of(const comparison_flags& flags, const arm_table& table);
/// error{usage} where there is one arm alone, and nothing to compare.
void expect_arms(const arm_table& table, const char* command);

}  // namespace zoetrope
