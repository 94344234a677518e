// See exponential_integrator.hpp.
#include "schedulers/exponential_integrator.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "schedulers/float32_math.hpp"

namespace zoetrope {

exponential_integrator::exponential_integrator(const config& options, const traits& traits)
    : indexed_scheduler(step_cursor::unknown::is_the_last),
      schedule_(
          read_noise_schedule(options, {.can_rescale = traits.can_rescale, .keep_last_sigma_finite = true})),
      training_sigmas_(schedule_.sigmas()),
      timestep_of_(training_sigmas_),
      curve_(read_sigma_curve(options)),
      ends_(read_sigma_ends(options)),
      use_flow_sigmas_(options.get("use_flow_sigmas", false)),
      dynamic_shifting_(options.get("use_dynamic_shifting", false)),
      flow_shift_(options.get("flow_shift", 1.0)),
      prediction_(read_prediction(
          options, {prediction::epsilon, prediction::sample, prediction::v, prediction::flow})),
      bounds_(read_thresholding(options)),
      solver_order_(options.get("solver_order", 2)),
      lower_order_final_(options.get("lower_order_final", traits.lower_order_final)) {
  if (traits.has_spacing) spacing_ = read_spacing(options, "linspace");
  if (solver_order_ < 1) throw options.fail(concat("solver_order ", solver_order_, " must be at least 1"));
  if (traits.splits_variance && options.has("variance_type")) {
    const std::string variance = options.get<std::string>("variance_type");
    cuts_variance_ = variance == "learned" || variance == "learned_range";
  }
  start({rounded(
             spaced_timesteps({timestep_spacing::linspace, 0}, num_train_timesteps(), num_train_timesteps())),
         {training_sigmas_.rbegin(), training_sigmas_.rend()}},
        0.0);
}

at::Tensor exponential_integrator::alphas_cumprod() const {
  return at::tensor(at::ArrayRef<float>(schedule_.alphas_cumprod), at::kFloat);
}

// ---- levels

signal_noise exponential_integrator::mixture(float sigma) const {
  if (use_flow_sigmas_) return {1.0f - sigma, sigma};
  const float alpha = 1.0f / torch_sqrt(sigma * sigma + 1.0f);
  return {alpha, sigma * alpha};
}

exponential_integrator::level exponential_integrator::level_at(int64_t index) const {
  const signal_noise mixed = mixture(sigma(index));
  return {mixed.alpha, mixed.sigma, torch_log(mixed.alpha) - torch_log(mixed.sigma)};
}

std::vector<double> exponential_integrator::timesteps_for(int64_t steps, int64_t last) const {
  return spaced_timesteps_before_end(spacing_, steps, num_train_timesteps(), last);
}

exponential_integrator::visited_levels exponential_integrator::between_ends(
    const std::vector<double>& falling, int64_t steps, bool round) const {
  visited_levels levels;
  levels.sigmas =
      sigmas_on_curve(curve_, ends_.max.value_or(falling.front()), ends_.min.value_or(falling.back()), steps);
  levels.timesteps = timestep_of_(levels.sigmas);
  if (round) levels.timesteps = rounded(levels.timesteps);
  return levels;
}

exponential_integrator::visited_levels exponential_integrator::on_curve(std::vector<double> timesteps,
                                                                        int64_t steps,
                                                                        double flow_shift) const {
  if (curve_ != sigma_curve::of_timesteps)
    return between_ends({training_sigmas_.rbegin(), training_sigmas_.rend()}, steps,
                        curve_ == sigma_curve::karras);
  if (!use_flow_sigmas_) {
    std::vector<double> sigmas = interpolated(training_sigmas_, timesteps);
    return {std::move(timesteps), std::move(sigmas)};
  }
  visited_levels levels;
  const auto count = static_cast<double>(num_train_timesteps());
  const std::vector<double> alphas = linspace(1.0, 1.0 / count, steps + 1);
  for (std::size_t i = alphas.size() - 1; i > 0; --i) {
    levels.sigmas.push_back(shifted(1.0 - alphas[i], flow_shift));
    levels.timesteps.push_back(levels.sigmas.back() * count);
  }
  return levels;
}

double exponential_integrator::flow_shift_for(const timestep_request& request) const {
  ZT_CHECK(!request.mu || dynamic_shifting_, usage, "mu is for use_dynamic_shifting, which is off");
  return request.mu ? std::exp(*request.mu) : flow_shift_;
}

namespace {
std::vector<double> cut_to_whole(std::vector<double> timesteps) {
  for (double& timestep : timesteps) timestep = std::trunc(timestep);
  return timesteps;
}
}  // namespace

std::vector<double> exponential_integrator::custom_timesteps(const timestep_request& request) const {
  ZT_CHECK(request.timesteps.empty() || (curve_ == sigma_curve::of_timesteps && !use_flow_sigmas_), usage,
           "custom timesteps and use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas or "
           "use_flow_sigmas exclude each other");
  return cut_to_whole(request.timesteps);
}

void exponential_integrator::start(const visited_levels& levels, double last_sigma) {
  set_levels(cut_to_whole(levels.timesteps), at::kLong, with_last(levels.sigmas, last_sigma));
  history_.clear();
}

// ---- predictions

at::Tensor exponential_integrator::without_variance(const at::Tensor& output) const {
  // The original cuts at three channels, whatever the sample has.
  return cuts_variance_ && prediction_ == prediction::epsilon
             ? output.narrow(1, 0, std::min<int64_t>(3, output.size(1)))
             : output;
}

signal_noise exponential_integrator::conversion_level(int64_t index) const {
  signal_noise mixed = mixture(sigma(index));
  if (prediction_ == prediction::flow) mixed.sigma = sigma(index);
  return mixed;
}

at::Tensor exponential_integrator::to_original(const step_input& input, int64_t index) const {
  return bounds_(predicted_original(prediction_, without_variance(input.model_output), input.sample,
                                    conversion_level(index)));
}

at::Tensor exponential_integrator::to_epsilon(const step_input& input, int64_t index) const {
  const signal_noise mixed = conversion_level(index);
  const at::Tensor output = without_variance(input.model_output);
  if (!bounds_.threshold) return predicted_epsilon(prediction_, output, input.sample, mixed);
  const at::Tensor original = bounds_(predicted_original(prediction_, output, input.sample, mixed));
  return (input.sample - mixed.alpha * original) / mixed.sigma;
}

void exponential_integrator::remember(at::Tensor prediction) {
  history_.push_front(std::move(prediction));
  if (remembered() > solver_order_) history_.pop_back();
}

int exponential_integrator::multistep_order(int64_t index) const {
  const auto steps = static_cast<int64_t>(levels().size()) - 1;
  int order = std::min(solver_order_, remembered());
  if (lower_order_final_ && steps < 15) order = static_cast<int>(std::min<int64_t>(order, steps - index));
  return order;
}

}  // namespace zoetrope
