// See sigma_scheduler.hpp.
#include "schedulers/sigma_scheduler.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "schedulers/float32_math.hpp"

namespace zoetrope {

sigma_scheduler::sigma_scheduler(const config& options, const noise_schedule_traits& traits,
                                 const std::vector<prediction>& known, bool has_curves)
    : schedule_(read_noise_schedule(options, traits)),
      training_sigmas_(schedule_.sigmas()),
      timestep_of_(training_sigmas_),
      spacing_(read_spacing(options, "linspace")),
      curve_(has_curves ? read_sigma_curve(options) : sigma_curve::of_timesteps),
      ends_(has_curves ? read_sigma_ends(options) : sigma_ends{}),
      prediction_(read_prediction(options, known)) {}

void sigma_scheduler::ignore_ends_for_karras() {
  if (curve_ == sigma_curve::karras) ends_ = {};
}

double sigma_scheduler::init_noise_sigma() const {
  const float max = max_sigma();
  return spacing_.spacing == timestep_spacing::leading ? torch_sqrt(max * max + 1.0f) : max;
}

at::Tensor sigma_scheduler::scale_model_input(const at::Tensor& sample, double timestep) {
  const float sigma = input_sigma(cursor().at(timestep));
  return sample / torch_sqrt(sigma * sigma + 1.0f);
}

at::Tensor sigma_scheduler::alphas_cumprod() const {
  return at::tensor(at::ArrayRef<float>(schedule_.alphas_cumprod), at::kFloat);
}

at::Tensor sigma_scheduler::original(const step_input& input, const at::Tensor& sample, float sigma) const {
  const at::Tensor& output = input.model_output;
  const float variance = sigma * sigma + 1.0f;
  switch (prediction_) {
    case prediction::epsilon:
      return sample - sigma * output;
    case prediction::v:  // c_skip and c_out of x_0 = alpha x_t - sigma_t v, with x = x_t / alpha
      return output * (-sigma / torch_sqrt(variance)) + sample / variance;
    default:
      return output;
  }
}

linear_step sigma_scheduler::along_derivative(float sigma, float distance) const {
  const double s = sigma, variance = s * s + 1.0;
  switch (prediction_) {
    case prediction::epsilon:
      return {1.0, distance};
    case prediction::v:
      return {1.0 + distance * s / variance, distance / std::sqrt(variance)};
    default:
      return {1.0 + distance / s, -distance / s};
  }
}

std::vector<double> sigma_scheduler::timesteps_for(int64_t steps,
                                                   const std::vector<double>& timesteps) const {
  std::vector<double> values =
      timesteps.empty() ? spaced_timesteps(spacing_, steps, num_train_timesteps()) : timesteps;
  if (!double_timesteps_)
    for (double& value : values) value = static_cast<float>(value);
  return values;
}

sigma_scheduler::visited_levels sigma_scheduler::levels_for(int64_t steps,
                                                            const std::vector<double>& timesteps) const {
  visited_levels levels{timesteps_for(steps, timesteps), {}};
  levels.sigmas = interpolated(training_sigmas_, levels.timesteps);
  return on_curve(std::move(levels), steps);
}

sigma_scheduler::visited_levels sigma_scheduler::on_curve(visited_levels levels, int64_t steps) const {
  if (curve_ == sigma_curve::of_timesteps) return levels;
  const double max = ends_.max.value_or(levels.sigmas.front()),
               min = ends_.min.value_or(levels.sigmas.back());
  levels.sigmas = sigmas_on_curve(curve_, max, min, steps);
  levels.timesteps = timestep_of_(levels.sigmas);
  return levels;
}

void sigma_scheduler::expect_no_curve(const timestep_request& request) const {
  ZT_CHECK(
      request.timesteps.empty() || curve_ == sigma_curve::of_timesteps, usage,
      "custom timesteps and use_karras_sigmas, use_exponential_sigmas or use_beta_sigmas exclude each other");
}

}  // namespace zoetrope
