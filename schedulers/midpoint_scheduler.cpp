// See midpoint_scheduler.hpp.
#include "schedulers/midpoint_scheduler.hpp"

#include <ATen/ATen.h>

#include "schedulers/float32_math.hpp"

namespace zoetrope {

float middle_in_log(float from, float to) {
  const float log_to = torch_log(to);
  return to > 0.0f && from > 0.0f ? torch_exp(log_to - (log_to - torch_log(from)) * 0.5f) : 0.0f;
}

midpoint_scheduler::midpoint_scheduler(const config& options, bool draws)
    : sigma_scheduler(options, {.beta_start = 0.00085, .beta_end = 0.012},
                      {prediction::epsilon, prediction::v}),
      draws_(draws),
      rounds_timesteps_(curve() == sigma_curve::karras) {}

void midpoint_scheduler::set_timesteps(const timestep_request& request) {
  visited_levels levels = levels_for(checked_steps(request, {.most = num_train_timesteps()}));
  if (rounds_timesteps_) levels.timesteps = rounded(levels.timesteps);
  const std::vector<float> sigmas = with_last(levels.sigmas, 0.0);
  steps_ = plan(sigmas);

  std::vector<double> timesteps = {levels.timesteps.front()};
  for (std::size_t i = 1; i < levels.timesteps.size(); ++i) {
    timesteps.push_back(timestep_of()(steps_[i - 1].middle));
    timesteps.push_back(levels.timesteps[i]);
  }
  std::vector<float> listed =
      doubled_after_first(sigmas, false);  // a, b, b, …, 0, 0, 0 as the original holds them
  listed.push_back(sigmas.back());
  set_levels(timesteps, curve() == sigma_curve::of_timesteps ? at::kFloat : at::kDouble, std::move(listed));
  anchor_.reset();
}

float midpoint_scheduler::input_sigma(int64_t index) const {
  return first_call() ? steps_[index / 2].from : steps_[index / 2].middle;
}

step_output midpoint_scheduler::step(const step_input& input) {
  const int64_t index = cursor().at(input.timestep);
  const midpoint_step& step = steps_[index / 2];
  const float level = input_sigma(index);
  const at::Tensor denoised = original(input, input.sample, level);
  const at::Tensor derivative = (input.sample - denoised) / level;
  at::Tensor previous;
  if (first_call()) {
    previous = input.sample + derivative * (step.middle - step.from);
    anchor_ = input.sample;
  } else {
    previous = anchor_ + derivative * (step.to - step.from);
    if (draws_)
      previous = previous + draw(input, input.model_output, input.model_output.scalar_type()) * step.noise;
    anchor_.reset();
  }
  cursor().advance();
  return {previous, denoised};
}

}  // namespace zoetrope
