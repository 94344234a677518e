// Every arm against one of them, the baseline, measure by measure: mean of the paired differences, its
// interval and test (statistics.hpp). Holm's correction runs over all metrics and arms together, and apart
// from it over all costs and arms.
#pragma once

#include <set>

#include "eval/arm_table.hpp"
#include "eval/statistics.hpp"

namespace zoetrope {

/// changed: of a measure where neither is better.
enum class verdict { better, worse, changed, unclear, same };

/// What counts as one independent observation: a clip, or a prompt, of whose clips the mean is taken. Clips
/// of one prompt resemble each other, so few prompts with many seeds look surer than they are, clip by clip.
enum class observation { clip, prompt };

struct clip_value {
  std::string_view prompt;
  double value = 0;
};
/// One number an observation, in the order of the prompts; values that are not finite are left out.
std::vector<double> observations(std::span<const clip_value> values, observation of);
/// Of an arm's clips.
std::vector<double> observations(const arm_table& table, std::size_t arm, std::size_t measure,
                                 observation of);

struct arm_comparison {
  std::size_t arm = 0, measure = 0;
  std::size_t pairs = 0;  ///< observations for which both arms have a value; all below is of these
  double mean = 0, baseline_mean = 0;
  double difference = 0;  ///< mean of arm minus baseline
  interval confidence;    ///< of the difference; NaN for fewer than two pairs
  double p = 0, holm_p = 0;
  double dz = 0;                    ///< NaN where the differences do not spread
  verdict said = verdict::unclear;  ///< at holm_p <= 1 - level; same: not one pair differs
};

/// Arm by arm, measure by measure, the baseline left out, and measures without any pair. `wanted`: these
/// measures alone (Holm's correction counts no others); empty: all but details.
std::vector<arm_comparison> compare(const arm_table& table, std::size_t baseline, const resampling& how = {},
                                    const std::set<std::size_t>& wanted = {},
                                    observation of = observation::clip);

/// "better", …
std::string name_of(verdict said);

/// Clips of the arm that stand still, and those whose motion is known.
struct still_clips {
  std::size_t still = 0, known = 0;
};
still_clips count_still(const arm_table& table, std::size_t arm);

/// The arm's motion comparison if its whole interval lies below zero: what it gains in consistency may be had
/// by moving less. Null otherwise.
const arm_comparison* moves_less(const arm_table& table, const std::vector<arm_comparison>& rows,
                                 std::size_t arm);

}  // namespace zoetrope
