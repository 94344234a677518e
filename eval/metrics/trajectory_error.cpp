// How far the objects of a clip of moving shapes are from a clean path: the root mean square distance of
// their centres from the law of the motion that the analytic judge of core/shapes sees (a line at constant
// speed, an orbit, …), mean of the objects, in pixels at a shorter side of 256. It has no number where no
// object is seen in three frames and in all but one. Whether it is the motion that was asked for,
// prompt_adherence tells.
#include <algorithm>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/shapes_prompt.hpp"

namespace zoetrope {
namespace {

bool has_path(const judged_object& object) {
  const auto seen = std::count(object.is_seen.begin(), object.is_seen.end(), true);
  return seen >= 3 && seen + 1 >= static_cast<std::ptrdiff_t>(object.is_seen.size());
}

}  // namespace

metric make_trajectory_error(const config&, const metric_setup&) {
  return {.role = metric_role::consistency,
          .needs = {.frames = 3, .prompt = true},
          .measure =
              [](const metric_input& input) {
                const double scale = 256.0 / std::min(input.clip.width, input.clip.height);
                std::vector<double> residuals;
                for (const judged_object& object : judged(input).objects)
                  if (has_path(object)) residuals.push_back(object.residual * scale);
                return std::vector<metric_values>{
                    {"trajectory_error", "px at 256", better::lower, mean_of_numbers(residuals)}};
              },
          .refuses = refuse_other_prompts};
}

}  // namespace zoetrope
