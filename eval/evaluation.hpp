// Clips from files through all the metrics that are asked for: what `zoetrope eval` does. A clip is in memory
// only while it is measured.
#pragma once

#include <functional>

#include "eval/clip_files.hpp"
#include "eval/metric_suite.hpp"
#include "eval/set_metric.hpp"

namespace zoetrope {

struct evaluation_request {
  std::vector<clip_file> clips;
  std::vector<clip_file> references;  ///< empty: there are none
  std::vector<std::string> prompts;   ///< one a clip; none: those of the results among the clips
  double fps = 0;                     ///< 0: what the file says, 8 where it says nothing
  int threads = 1;  ///< over clips, and over frames where there are fewer; changes no result
  /// Called after each clip, one call at a time; what it throws ends the evaluation. While the clips are
  /// looked at before, with 0 done.
  std::function<void(std::size_t done, std::size_t total)> on_clip = {};
};

struct evaluated_clip {
  std::string name, prompt;
  int width = 0, height = 0, frames = 0;
  double fps = 0;
  clip_scores scores;
};

struct evaluation {
  std::vector<evaluated_clip> clips;
  std::vector<metric_values> set_values;  ///< of all clips against all references
  std::map<std::string, std::string> unavailable_sets;
};

/// All clips and references are looked at before any is measured: error{bad_input} names all that cannot be
/// read, have one frame, or whose reference has another size or is not one alone. error{usage} for a number
/// of prompts that is not that of the clips; error{bad_input, numerical} with the clip's file for one that
/// cannot be measured all the same. Names of the results are distinct_names().
evaluation evaluate(const evaluation_request& request, const metric_suite& suite,
                    const std::vector<named_set_metric>& set_metrics);

/// One quantity over all clips that have it.
struct metric_summary {
  std::string name, unit;
  better direction = better::neither;
  double mean = 0;            ///< each video counts once
  double mean_of_moving = 0;  ///< of the clips that are not still; NaN where there are none
  std::size_t clips = 0;
};
/// In the order in which the metrics stand.
std::vector<metric_summary> summaries_of(const std::vector<evaluated_clip>& clips);

}  // namespace zoetrope
