// See sigma_schedule.hpp.
#include "schedulers/sigma_schedule.hpp"

#include <algorithm>
#include <cmath>

#include "schedulers/beta_distribution.hpp"
#include "schedulers/choice.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {

sigma_curve read_sigma_curve(const config& options) {
  const bool karras = options.get("use_karras_sigmas", false);
  const bool exponential = options.get("use_exponential_sigmas", false);
  const bool beta = options.get("use_beta_sigmas", false);
  if (karras + exponential + beta > 1)
    throw options.fail(
        "only one of use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas can be true");
  return karras        ? sigma_curve::karras
         : exponential ? sigma_curve::exponential
         : beta        ? sigma_curve::beta
                       : sigma_curve::of_timesteps;
}

bool read_ends_at_sigma_min(const config& options) {
  return read_choice(options, "final_sigmas_type", "zero", {"zero", "sigma_min"}) == "sigma_min";
}

sigma_ends read_sigma_ends(const config& options) {
  const sigma_ends ends{options.get_optional<double>("sigma_min"), options.get_optional<double>("sigma_max")};
  if ((ends.min && !(*ends.min > 0.0)) || (ends.max && !(*ends.max > 0.0)))
    throw options.fail("sigma_min and sigma_max must be above 0");
  return ends;
}

std::vector<double> karras_sigmas(double max, double min, const std::vector<double>& ramp, double rho) {
  const double from = std::pow(max, 1.0 / rho), to = std::pow(min, 1.0 / rho);
  std::vector<double> sigmas(ramp.size());
  std::transform(ramp.begin(), ramp.end(), sigmas.begin(),
                 [&](double position) { return std::pow(from + position * (to - from), rho); });
  return sigmas;
}

std::vector<double> sigmas_on_curve(sigma_curve curve, double max, double min, int64_t count) {
  if (curve == sigma_curve::karras) return karras_sigmas(max, min, linspace(0.0, 1.0, count));
  std::vector<double> sigmas;
  if (curve == sigma_curve::exponential) {
    sigmas = linspace(std::log(max), std::log(min), count);
    for (double& sigma : sigmas) sigma = std::exp(sigma);
    return sigmas;
  }
  sigmas = linspace(0.0, 1.0, count);
  for (double& sigma : sigmas) sigma = min + beta_quantile(1.0 - sigma, 0.6, 0.6) * (max - min);
  return sigmas;
}

double interpolated(const std::vector<float>& table, double x) {
  if (!(x > 0.0)) return table.front();
  if (x >= static_cast<double>(table.size() - 1)) return table.back();
  const auto low = static_cast<std::size_t>(x);
  const double slope = static_cast<double>(table[low + 1]) - static_cast<double>(table[low]);
  return slope * (x - static_cast<double>(low)) + static_cast<double>(table[low]);
}

std::vector<double> interpolated(const std::vector<float>& table, const std::vector<double>& at) {
  std::vector<double> values(at.size());
  std::transform(at.begin(), at.end(), values.begin(), [&](double x) { return interpolated(table, x); });
  return values;
}

sigma_to_timestep::sigma_to_timestep(const std::vector<float>& rising_sigmas) : log_sigmas_(rising_sigmas) {
  for (float& value : log_sigmas_) value = numpy_log(value);
}

namespace {
double log_of(double x) { return std::log(x); }
float log_of(float x) { return numpy_log(x); }
}  // namespace

template <class Real>
Real sigma_to_timestep::find(Real sigma) const {
  if (log_sigmas_.size() < 2) return Real(0);
  const Real log_sigma = log_of(std::max(sigma, Real(1e-10)));
  std::size_t low = 0;
  for (std::size_t i = 0; i < log_sigmas_.size(); ++i)
    if (log_sigma >= static_cast<Real>(log_sigmas_[i])) low = i;
  low = std::min(low, log_sigmas_.size() - 2);
  const float span = log_sigmas_[low] - log_sigmas_[low + 1];
  const Real share = std::clamp((static_cast<Real>(log_sigmas_[low]) - log_sigma) / static_cast<Real>(span),
                                Real(0), Real(1));
  return (Real(1) - share) * static_cast<Real>(low) + share * static_cast<Real>(low + 1);
}
template double sigma_to_timestep::find<double>(double) const;
template float sigma_to_timestep::find<float>(float) const;

std::vector<double> sigma_to_timestep::operator()(const std::vector<double>& sigmas) const {
  std::vector<double> timesteps(sigmas.size());
  std::transform(sigmas.begin(), sigmas.end(), timesteps.begin(),
                 [&](double sigma) { return (*this)(sigma); });
  return timesteps;
}

std::vector<float> with_last(const std::vector<double>& sigmas, double last) {
  std::vector<float> values(sigmas.begin(), sigmas.end());
  values.push_back(static_cast<float>(last));
  return values;
}

}  // namespace zoetrope
