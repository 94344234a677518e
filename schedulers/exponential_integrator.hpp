// What DPM-Solver, DEIS and UniPC share: exponential integrators of the diffusion ODE in half log-SNR (Lu et
// al. 2022, arXiv 2206.00927, eq. 3.4; Zhang and Chen 2023, arXiv 2204.13902, eq. 11). The sample is variance
// preserving, x_t = alpha_t x_0 + sigma_t epsilon; sigmas() holds sigma_t / alpha_t, or for flow matching
// sigma_t itself.
//   lambda      log(alpha_t / sigma_t)
//   past(i)     what the network predicted i calls ago, as x_0 or epsilon
#pragma once

#include <deque>

#include "schedulers/indexed_scheduler.hpp"
#include "schedulers/noise_schedule.hpp"
#include "schedulers/sigma_schedule.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {

class exponential_integrator : public indexed_scheduler {
 public:
  at::Tensor alphas_cumprod() const override;

 protected:
  struct traits {
    bool can_rescale = false;
    bool has_spacing = true;        ///< timestep_spacing, steps_offset; else linspace
    bool splits_variance = false;   ///< variance_type: learned variances are cut off
    bool lower_order_final = true;  ///< the default
  };
  exponential_integrator(const config& options, const traits& traits);

  /// One level of sigmas().
  struct level {
    float alpha, sigma, lambda;
  };
  level level_at(int64_t index) const;
  signal_noise mixture(float sigma) const override;

  /// mixture() of level `index`, with sigma as sigmas() has it where the network predicts the flow.
  signal_noise conversion_level(int64_t index) const;
  /// The network's output as x_0 or as epsilon, after thresholding; in the sample's dtype.
  at::Tensor to_original(const step_input& input, int64_t index) const;
  at::Tensor to_epsilon(const step_input& input, int64_t index) const;

  /// Visited timesteps and their falling sigmas, without the last.
  struct visited_levels {
    std::vector<double> timesteps, sigmas;
  };
  /// Timesteps by spacing, from `last` (exclusive) down.
  std::vector<double> timesteps_for(int64_t steps, int64_t last) const;
  /// Lays the curve (or flow matching's levels) over them; of_timesteps: their own sigmas.
  visited_levels on_curve(std::vector<double> timesteps, int64_t steps, double flow_shift) const;
  /// The curve between the ends of `falling`, with timesteps; `round`: to whole ones.
  visited_levels between_ends(const std::vector<double>& falling, int64_t steps, bool round) const;
  /// exp(mu) with dynamic shifting, else flow_shift. error{usage} for a mu that nothing uses.
  double flow_shift_for(const timestep_request& request) const;
  /// The request's own timesteps, cut to whole ones. Curves and flow sigmas exclude them: error{usage}.
  std::vector<double> custom_timesteps(const timestep_request& request) const;

  /// Starts over with these levels: whole timesteps, no history.
  void start(const visited_levels& levels, double last_sigma);
  void remember(at::Tensor prediction);
  const at::Tensor& past(std::size_t calls_ago) const { return history_[calls_ago]; }
  /// How many calls there were since the start, at most solver_order.
  int remembered() const { return static_cast<int>(history_.size()); }

  /// The order of a multistep step: as many calls as are remembered, fewer at the end of a short run where
  /// lower_order_final says so.
  int multistep_order(int64_t index) const;
  bool is_last(int64_t index) { return index + 1 == cursor().size(); }

  const noise_schedule& schedule() const { return schedule_; }
  const std::vector<float>& training_sigmas() const { return training_sigmas_; }
  const sigma_to_timestep& timestep_of() const { return timestep_of_; }
  int64_t num_train_timesteps() const { return schedule_.num_train_timesteps; }
  sigma_curve curve() const { return curve_; }
  bool uses_flow_sigmas() const { return use_flow_sigmas_; }
  bool shifts_dynamically() const { return dynamic_shifting_; }
  double flow_shift() const { return flow_shift_; }
  int solver_order() const { return solver_order_; }
  bool lower_order_final() const { return lower_order_final_; }
  prediction predicts() const { return prediction_; }
  const sample_bounds& bounds() const { return bounds_; }

 private:
  at::Tensor without_variance(const at::Tensor& output) const;

  noise_schedule schedule_;
  std::vector<float> training_sigmas_;
  sigma_to_timestep timestep_of_;
  spacing_options spacing_{timestep_spacing::linspace, 0};
  sigma_curve curve_;
  sigma_ends ends_;
  bool use_flow_sigmas_, dynamic_shifting_;
  double flow_shift_;
  prediction prediction_;
  sample_bounds bounds_;
  bool cuts_variance_ = false;
  int solver_order_;
  bool lower_order_final_;
  std::deque<at::Tensor> history_;  // newest first
};

}  // namespace zoetrope
