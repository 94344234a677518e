// See comparison_flags.hpp.
#include "cli/comparison_flags.hpp"

namespace zoetrope {

void add_comparison_flags(CLI::App& command, comparison_flags& flags) {
  command
      .add_option("--baseline", flags.baseline,
                  "an arm's label or its axis' value; the first arm if left out")
      ->type_name("ARM");
  command
      .add_option("--by", flags.by,
                  "what counts as one observation: clip, or prompt (the mean of its clips), for few prompts "
                  "of many seeds")
      ->check(CLI::IsMember({"clip", "prompt"}))
      ->capture_default_str();
  command.add_option("--level", flags.level, "of the intervals; 1 - level is that of the tests")
      ->type_name("SHARE")
      ->capture_default_str();
}

resampling resampling_of(const comparison_flags& flags) {
  ZT_CHECK(flags.level > 0 && flags.level < 1, usage, "--level ", flags.level,
           ": wanted more than 0, less than 1");
  return {.level = flags.level};
}

observation observation_of(const comparison_flags& flags) {
  return flags.by == "prompt" ? observation::prompt : observation::clip;
}

std::size_t baseline_of(const comparison_flags& flags, const arm_table& table) {
  return flags.baseline.empty() ? 0 : table.find_arm(flags.baseline);
}

void expect_arms(const arm_table& table, const char* command) {
  ZT_CHECK(table.arms().size() > 1, usage, command, ": all results there are of one arm, '",
           printable(table.arms()[0].label), "'");
}

}  // namespace zoetrope
