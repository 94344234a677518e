// Noise levels sigma for a number of steps: curves between a largest and a smallest sigma, and the way back
// from a sigma to the (fractional) training timestep that has it. Plain C++, double precision, as numpy
// computes them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

/// of_timesteps: sigma_t of the visited timesteps; the others run between the ends of those:
/// karras (Karras et al. 2022, arXiv 2206.00364, eq. 5, rho = 7), exponential (straight in log sigma),
/// beta (quantiles of Beta(0.6, 0.6); Lee et al. 2024, arXiv 2407.12173).
enum class sigma_curve { of_timesteps, karras, exponential, beta };

/// use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas; error{bad_input} where more than one is set.
sigma_curve read_sigma_curve(const config& options);
/// final_sigmas_type: true for "sigma_min", false for "zero" (the default).
bool read_ends_at_sigma_min(const config& options);

/// Overrides of a curve's ends (sigma_min, sigma_max); an absent one is taken from the timesteps' sigmas.
struct sigma_ends {
  std::optional<double> min, max;
};
sigma_ends read_sigma_ends(const config& options);

/// `count` falling sigmas from `max` to `min` on a curve other than of_timesteps.
std::vector<double> sigmas_on_curve(sigma_curve curve, double max, double min, int64_t count);
/// sigma(ramp) = (max^(1/rho) + ramp (min^(1/rho) - max^(1/rho)))^rho: eq. 5.
std::vector<double> karras_sigmas(double max, double min, const std::vector<double>& ramp, double rho = 7.0);

/// s sigma / (1 + (s - 1) sigma): the resolution shift of flow matching (Esser et al. 2024, arXiv 2403.03206,
/// eq. 23).
template <class Real>
Real shifted(Real sigma, Real shift) {
  return shift * sigma / (Real(1) + (shift - Real(1)) * sigma);
}

/// table[x], straight between entries, constant outside of them.
double interpolated(const std::vector<float>& table, double x);
std::vector<double> interpolated(const std::vector<float>& table, const std::vector<double>& at);

/// From sigma to the fractional timestep whose log sigma it is, straight in log sigma between training
/// timesteps.
class sigma_to_timestep {
 public:
  explicit sigma_to_timestep(const std::vector<float>& rising_sigmas);
  double operator()(double sigma) const { return find<double>(sigma); }
  /// The same in single precision throughout, where the originals hold the sigma so.
  float operator()(float sigma) const { return find<float>(sigma); }
  std::vector<double> operator()(const std::vector<double>& sigmas) const;

  const std::vector<float>& log_sigmas() const { return log_sigmas_; }

 private:
  template <class Real>
  Real find(Real sigma) const;
  std::vector<float> log_sigmas_;
};

/// The sigmas as floats, `last` appended.
std::vector<float> with_last(const std::vector<double>& sigmas, double last);

}  // namespace zoetrope
