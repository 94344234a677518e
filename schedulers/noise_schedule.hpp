// The forward process q(x_t | x_0) = N(sqrt(alpha_bar_t) x_0, (1 - alpha_bar_t) I) as tables over the
// training timesteps. Plain C++; floats are rounded where the Python originals round, so that tables agree to
// the last bits.
//   beta_t       noise variance added at t           (Ho et al. 2020, arXiv 2006.11239, eq. 2)
//   alpha_bar_t  prod_{s <= t} (1 - beta_s)          (eq. 4)
//   sigma_t      sqrt((1 - alpha_bar_t) / alpha_bar_t), the noise level of x_t / sqrt(alpha_bar_t)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/registry.hpp"

namespace zoetrope {

struct noise_schedule {
  std::string beta_schedule;  ///< its name in the config
  std::vector<float> betas;
  std::vector<float> alphas_cumprod;

  int64_t num_train_timesteps = 0;  ///< as configured; `trained_betas` may be of another length
  /// alpha_bar_t; error{usage} for a timestep outside of the table.
  float alpha_bar(int64_t timestep) const;
  /// sigma_t, rising with t.
  std::vector<float> sigmas() const;
};

/// `count` betas between two; those of a continuous alpha_bar look at neither.
using beta_schedule = std::vector<float> (*)(double start, double end, int64_t count);
const registry<beta_schedule>& beta_schedules();

/// What a class adds to, or has other defaults than, the common options.
struct noise_schedule_traits {
  double beta_start = 0.0001, beta_end = 0.02;
  const char* beta_schedule = "linear";
  /// Besides linear, scaled_linear and squaredcos_cap_v2: "exp", "laplace", "sigmoid".
  std::vector<std::string> more_schedules = {};
  /// Has rescale_betas_zero_snr (Lin et al. 2023, arXiv 2305.08891, algorithm 1).
  bool can_rescale = false;
  /// A rescaled schedule ends at alpha_bar = 2^-24 instead of 0, so that its sigma is finite.
  bool keep_last_sigma_finite = false;
};

/// Reads num_train_timesteps, beta_start, beta_end, beta_schedule, trained_betas, rescale_betas_zero_snr.
noise_schedule read_noise_schedule(const config& options, const noise_schedule_traits& traits = {});

/// `count` floats from `start` to `stop`, computed from both ends inwards as torch.linspace does.
std::vector<float> linspace_f32(double start, double stop, int64_t count);
/// Betas of the same length whose alpha_bar ends at exactly 0 and starts where it did.
std::vector<float> rescaled_to_zero_terminal_snr(const std::vector<float>& betas);
/// Products of (1 - beta), accumulated in double, each rounded to float.
std::vector<float> cumulative_alphas(const std::vector<float>& betas);

}  // namespace zoetrope
