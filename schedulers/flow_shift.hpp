// Where flow matching puts its noise levels, sigma in [0, 1]: the shift towards noise for large pictures
// (Esser et al. 2024, arXiv 2403.03206, section 5.3.2) and the stretch of the last level. In the precision
// `Real` of the levels.
#pragma once

#include <cmath>
#include <vector>

#include "core/config.hpp"
#include "schedulers/choice.hpp"

namespace zoetrope {

/// e^mu / (e^mu + (1/sigma - 1)), or with time_shift_type linear mu itself for e^mu.
template <class Real>
void shift_in_time(std::vector<Real>& sigmas, double mu, bool exponential) {
  const auto weight = static_cast<Real>(exponential ? std::exp(mu) : mu);
  for (Real& sigma : sigmas) sigma = weight / (weight + (Real(1) / sigma - Real(1)));
}

/// Stretches the levels so that the last becomes `terminal`.
template <class Real>
void stretch_to_terminal(std::vector<Real>& sigmas, double terminal) {
  const Real scale = (Real(1) - sigmas.back()) / static_cast<Real>(1.0 - terminal);
  for (Real& sigma : sigmas) sigma = Real(1) - (Real(1) - sigma) / scale;
}

/// time_shift_type: true for exponential (the default), false for linear.
inline bool read_shifts_exponentially(const config& options) {
  return read_choice(options, "time_shift_type", "exponential", {"exponential", "linear"}) == "exponential";
}

}  // namespace zoetrope
