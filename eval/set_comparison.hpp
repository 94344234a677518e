// Arms compared as sets of clips: how far an arm's clips together are from reference clips, by a set metric
// (set_metric.hpp), beside the same distance of the baseline's. Without reference clips: how far the arm's
// are from the baseline's. Of each (prompt, seed) of which both arms kept frames one clip counts.
//
// p is that of a permutation test: if the arms were alike, the two clips of a (prompt, seed) could change
// places; observation::prompt lets all clips of a prompt do so together. The statistic is the difference of
// the two distances (two-sided), without reference the distance itself (one-sided).
#pragma once

#include <functional>

#include "eval/clip_files.hpp"
#include "eval/comparison.hpp"
#include "eval/set_metric.hpp"

namespace zoetrope {

struct set_comparison {
  std::size_t arm = 0;
  std::string metric;
  std::string unavailable;  ///< why there are no numbers; empty: there are
  std::size_t clips = 0;    ///< of each arm
  std::size_t references = 0;
  double distance = 0;              ///< of the arm
  double baseline_distance = 0;     ///< 0 without reference
  double p = 0, holm_p = 0;         ///< Holm's correction runs over all arms and metrics
  verdict said = verdict::unclear;  ///< changed: against no reference nobody is better
};

struct set_request {
  std::vector<named_set_metric> metrics;
  std::vector<clip_file> references;  ///< empty: the baseline's clips are
  resampling how;
  observation of = observation::clip;
  int threads = 1;  ///< over clips; changes no result
  /// Called after each clip's features, one call at a time; what it throws ends the comparison.
  std::function<void(std::size_t done, std::size_t total)> on_clip = {};
};

/// Metric by metric, arm by arm, the baseline left out. error{bad_input} with the clip's place for one that
/// cannot be read or that a metric cannot take.
std::vector<set_comparison> compare_sets(const arm_table& table, std::size_t baseline,
                                         const set_request& request);

}  // namespace zoetrope
