// The stochastic part of Karras et al. 2022 (arXiv 2206.00364), algorithm 2, lines 4-6: raise the noise a
// little before each step of an ODE solver.
#pragma once

#include "schedulers/scheduler.hpp"

namespace zoetrope {

/// Returns sigma_hat = (1 + gamma) sigma, and adds the noise between the two to `sample`. gamma is
/// min(s_churn / steps, sqrt(2) - 1) for sigma in [s_tmin, s_tmax], else 0: then no noise is drawn (unless
/// the options say draw_always).
float churned(const step_input& input, float sigma, int64_t steps, at::Tensor& sample);

}  // namespace zoetrope
