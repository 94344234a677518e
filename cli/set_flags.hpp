// Metrics by name on the command line, and what `results sets` and `report` ask alike about arms as sets of
// clips.
#pragma once

#include "cli/comparison_flags.hpp"
#include "cli/console.hpp"
#include "eval/set_comparison.hpp"

namespace zoetrope {

/// "warp_error", or with options: "warp_error:method=farneback:…"
config metric_options(const std::string& text);

/// error{usage} for a folder that is not there.
metric_setup metric_setup_of(const std::string& weights, bool allow_torchscript);
void add_metric_setup_flags(CLI::App& command, std::string& weights, bool& allow_torchscript,
                            std::vector<std::string>& plugins);

struct set_flags {
  std::vector<std::string> metrics;  ///< empty: all
  std::vector<std::string> plugins;
  std::string reference, weights;
  bool allow_torchscript = false;

  bool given() const { return !metrics.empty() || !reference.empty(); }
};
void add_set_flags(CLI::App& command, set_flags& flags);

/// Features of clips are made on all cores, with progress. Errors as compare_sets's; error{usage} for metrics
/// that are not there.
std::vector<set_comparison> compare_sets(const arm_table& table, const set_flags& flags,
                                         const comparison_flags& comparison, const console& out);

}  // namespace zoetrope
