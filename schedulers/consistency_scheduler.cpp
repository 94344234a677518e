// See consistency_scheduler.hpp.
#include "schedulers/consistency_scheduler.hpp"

#include <algorithm>
#include <cmath>

namespace zoetrope {

std::vector<double> distillation_timesteps(int64_t original_steps, double strength, int64_t num_train) {
  ZT_CHECK(original_steps >= 1 && original_steps <= num_train, usage, "original_inference_steps ",
           original_steps, " is not between 1 and ", num_train, ", the timesteps of training");
  ZT_CHECK(strength > 0.0 && strength <= 1.0, usage, "strength ", strength, " must lie in (0, 1]");
  const int64_t stride = num_train / original_steps;
  std::vector<double> timesteps;
  for (auto k = static_cast<int64_t>(static_cast<double>(original_steps) * strength); k >= 1; --k)
    timesteps.push_back(static_cast<double>(k * stride - 1));
  return timesteps;
}

std::vector<double> consistency_timesteps(const timestep_request& request, const std::vector<double>& choices,
                                          int64_t num_train) {
  const int64_t steps = checked_steps(request, {.timesteps = true, .most = num_train});
  if (!request.timesteps.empty()) {
    check_whole_timesteps(request.timesteps, num_train);
    const auto kept = static_cast<int64_t>(static_cast<double>(steps) * request.strength);
    ZT_CHECK(kept >= 1, usage, "strength ", request.strength, " leaves none of ", steps, " timesteps");
    return {request.timesteps.end() - std::min(kept, steps), request.timesteps.end()};
  }
  ZT_CHECK(steps <= static_cast<int64_t>(choices.size()), usage, steps, " steps are more than the ",
           choices.size(), " of original_inference_steps x strength");
  std::vector<double> timesteps;
  const double stride = static_cast<double>(choices.size()) / static_cast<double>(steps);
  for (int64_t i = 0; i < steps; ++i)
    timesteps.push_back(choices[static_cast<std::size_t>(std::floor(static_cast<double>(i) * stride))]);
  return timesteps;
}

consistency_scheduler::consistency_scheduler(const config& options, const noise_schedule& schedule)
    : alpha_bar_scheduler(schedule, read_final_alpha_bar(options, schedule, true)),
      original_steps_(options.get<int64_t>("original_inference_steps", 50)) {}

void consistency_scheduler::set_list(const std::vector<double>& timesteps) {
  alpha_bar_scheduler::set_list(timesteps);
  cursor_.reset(timesteps);
}

}  // namespace zoetrope
