// What the samplers share that follow the probability-flow ODE in sigma (Karras et al. 2022, arXiv
// 2206.00364, eq. 1 with s(t) = 1): Euler, Heun, LMS, KDPM2 and their stochastic kin.
//   sigma         noise level: x = x_0 + sigma epsilon, with x = x_t / sqrt(alpha_bar_t) for a network
//   trained on x_t derivative    dx/dsigma = (x - D(x; sigma)) / sigma    (eq. 3); D: `original` below
#pragma once

#include "schedulers/indexed_scheduler.hpp"
#include "schedulers/noise_schedule.hpp"
#include "schedulers/sigma_schedule.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {

class sigma_scheduler : public indexed_scheduler {
 public:
  /// The first level's sigma; sqrt(sigma^2 + 1) where the spacing does not start at the last training
  /// timestep.
  double init_noise_sigma() const override;
  /// sample / sqrt(sigma^2 + 1), which has the variance that the network knows.
  at::Tensor scale_model_input(const at::Tensor& sample, double timestep) override;
  at::Tensor alphas_cumprod() const override;

 protected:
  /// `has_curves`: the class knows use_karras_sigmas and its like.
  sigma_scheduler(const config& options, const noise_schedule_traits& traits,
                  const std::vector<prediction>& known, bool has_curves = true);
  signal_noise mixture(float sigma) const override { return {1.0f, sigma}; }

  /// The sigma of the coming call's input; two-call methods differ in their second.
  virtual float input_sigma(int64_t index) const { return sigma(index); }
  /// D(x; sigma)
  at::Tensor original(const step_input& input, const at::Tensor& sample, float sigma) const;
  /// sample + distance · dx/dsigma as a linear map: what original() says, solved for the derivative.
  linear_step along_derivative(float sigma, float distance) const;

  /// Timesteps and their falling sigmas, without the last: by spacing (or `timesteps`), then by curve.
  struct visited_levels {
    std::vector<double> timesteps, sigmas;
  };
  visited_levels levels_for(int64_t steps, const std::vector<double>& timesteps = {}) const;
  /// The timesteps alone, before any curve.
  std::vector<double> timesteps_for(int64_t steps, const std::vector<double>& timesteps = {}) const;
  /// The curve laid between the ends of `sigmas`, with its timesteps.
  visited_levels on_curve(visited_levels levels, int64_t steps) const;
  /// Custom timesteps and curves exclude each other: error{usage}.
  void expect_no_curve(const timestep_request& request) const;

  const noise_schedule& schedule() const { return schedule_; }
  const std::vector<float>& training_sigmas() const { return training_sigmas_; }
  const sigma_to_timestep& timestep_of() const { return timestep_of_; }
  sigma_curve curve() const { return curve_; }
  prediction predicts() const { return prediction_; }
  int64_t num_train_timesteps() const { return schedule_.num_train_timesteps; }
  /// Karras sigmas between the ends of the timesteps, whatever sigma_min and sigma_max say (LMS, DPM-Solver
  /// SDE).
  void ignore_ends_for_karras();
  /// Sigmas are read at timesteps in double (DPM-Solver SDE); the others round them to float first.
  void keep_double_timesteps() { double_timesteps_ = true; }

 private:
  noise_schedule schedule_;
  std::vector<float> training_sigmas_;
  sigma_to_timestep timestep_of_;
  spacing_options spacing_;
  sigma_curve curve_;
  sigma_ends ends_;
  prediction prediction_;
  bool double_timesteps_ = false;
};

/// Two calls a level: a, b, c, d -> a, b, b, c, c, d, d; `last_once`: the last entry only once.
template <class Value>
std::vector<Value> doubled_after_first(const std::vector<Value>& values, bool last_once) {
  std::vector<Value> doubled;
  for (std::size_t i = 0; i < values.size(); ++i)
    doubled.insert(doubled.end(), i == 0 || (last_once && i + 1 == values.size()) ? 1 : 2, values[i]);
  return doubled;
}

}  // namespace zoetrope
