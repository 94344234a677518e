// The update formulas of DPM-Solver and DPM-Solver++, ODE and SDE, that the multistep and the singlestep
// sampler share:
//   x_t = sample x_s + d0 D0 + d1 D1 + d2 D2 + noise z
// with D0 the prediction at s and D1, D2 its divided differences in lambda. Lu et al. 2022, arXiv 2206.00927
// (DPM-Solver: epsilon) and arXiv 2211.01095 (DPM-Solver++: x_0; the SDE forms are its appendix B.2).
#pragma once

#include <string>

#include "schedulers/noise_schedule.hpp"

namespace zoetrope {

struct dpm_algorithm {
  bool predicts_original;  ///< the ++ forms
  bool stochastic;         ///< the sde- forms
};
/// algorithm_type, one of `known`; "deis" of DEIS's files is dpmsolver++, as in diffusers.
dpm_algorithm read_dpm_algorithm(const config& options, const std::vector<std::string>& known);
/// solver_type: true for "heun", false for "midpoint" and for the types of other solvers (logrho, bh1, bh2).
bool read_solver_is_heun(const config& options);

/// Refuses what has no formula: orders but 1 to 3; epsilon forms that end at sigma 0 or predict flow.
void check_dpm_options(const config& options, dpm_algorithm algorithm, bool ends_at_sigma_min,
                       bool predicts_flow, int solver_order);
/// Timesteps from this one on have a lambda below lambda_min_clipped (default -infinity: all are visited).
int64_t first_clipped_timestep(const config& options, const noise_schedule& schedule);

struct dpm_coefficients {
  float sample, d0;
  float d1_midpoint, d1,
      d2;  ///< D1 of second order: by midpoint or by integrating exactly (heun, third order)
  float noise;
};
/// From s to t with signal alpha, noise sigma and h = lambda_t - lambda_s > 0.
dpm_coefficients dpm_step(dpm_algorithm algorithm, float alpha_s, float sigma_s, float alpha_t, float sigma_t,
                          float h);

}  // namespace zoetrope
