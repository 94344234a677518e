// The numbers of a set of results as one table: arm x measure x clip. A clip is a (prompt, seed), which arms
// share, so that they can be compared pair by pair; repeats of one are averaged, for they are no new sample.
// Measures are the metrics (per video), "speed/PART" (median of the samples), "speed/clips_per_minute" (60 /
// "speed/clip") and "memory/NAME".
#pragma once

#include <compare>
#include <span>

#include "eval/metric_suite.hpp"
#include "eval/result_set.hpp"

namespace zoetrope {

struct arm {
  std::string label;  ///< "position=rope, steps=20": what tells it from the others
  std::string experiment;
  json axes;                                ///< axis path -> value
  std::vector<const stored_result*> cells;  ///< in the order of the clips, then of the repeats
};

struct clip_key {
  std::string prompt;
  std::uint64_t seed = 0;
  auto operator<=>(const clip_key&) const = default;
};

struct measure {
  enum family { metric, cost };  ///< cost: time and memory
  std::string name, unit;
  std::string better;  ///< "higher", "lower" or "neither"
  family of = metric;
};

/// Memory by part and by plan ("memory/weights_unet"): a fact of the config, no sample of anything.
/// Comparisons leave it out unless it is asked for.
bool is_detail(const measure& measured);

class arm_table {
 public:
  /// Keeps references to the cells. error{bad_input} where cells disagree on a metric's unit or direction, or
  /// a cell has more than one result.
  explicit arm_table(const std::vector<stored_result>& cells);

  /// In the order in which they were begun.
  const std::vector<arm>& arms() const { return arms_; }
  /// Prompts in the same order, seeds ascending.
  const std::vector<clip_key>& clips() const { return clips_; }
  /// Metrics first, by name.
  const std::vector<measure>& measures() const { return measures_; }
  /// One a clip, NaN where the cell failed or has no finite value.
  std::span<const double> values(std::size_t arm, std::size_t measure) const;
  double value(std::size_t arm, std::size_t measure, std::size_t clip) const {
    return values(arm, measure)[clip];
  }
  /// The repeats of one clip.
  std::vector<const stored_result*> cells(std::size_t arm, std::size_t clip) const;

  /// The arm with this label, or the only one with an axis of this value. error{usage} lists the arms.
  std::size_t find_arm(const std::string& name) const;
  /// error{usage} lists the measures.
  std::size_t find_measure(const std::string& name) const;

 private:
  std::vector<arm> arms_;
  std::vector<clip_key> clips_;
  std::vector<measure> measures_;
  std::vector<double> values_;  ///< arm x measure x clip
};

/// Those that are numbers: what is missing is NaN.
std::vector<double> finite_values(std::span<const double> values);

/// What the cell gives for the measure; NaN where it has none.
double value_of(const result& cell, const measure& measured);

/// Where motion_amount is among the measures, or size(): how much moves is shown beside every consistency.
std::size_t motion_measure(const std::vector<measure>& measures);
/// A clip with less of it (pixels a frame at a shorter side of 256) stands still, and its consistency is no
/// merit.
inline constexpr double still_below = metric_suite::still_below;

}  // namespace zoetrope
