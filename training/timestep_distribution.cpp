// See timestep_distribution.hpp.
#include "training/timestep_distribution.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace zoetrope {

namespace {

timestep_distribution uniform(const config&) {
  return [](const at::Tensor& u) { return u; };
}

timestep_distribution high_noise(const config& options) {
  const double power = options.get("power", 1.4);
  if (!(power > 0)) throw options.at("power").fail("wanted more than 0");
  return [power](const at::Tensor& u) { return 1 - at::pow(1 - u, power); };
}

timestep_distribution logit_normal(const config& options) {
  const double mean = options.get("mean", 0.0), deviation = options.get("deviation", 1.0);
  if (!(deviation > 0)) throw options.at("deviation").fail("wanted more than 0");
  return [=](const at::Tensor& u) {
    // The normal's quantile: sqrt(2) erfinv(2 u - 1). An end of the range would be infinite.
    const at::Tensor inner = u.clamp(1e-9, 1 - 1e-9);
    return at::sigmoid(at::erfinv(2 * inner - 1) * (std::sqrt(2.0) * deviation) + mean);
  };
}

}  // namespace

const registry<timestep_distribution_maker>& timestep_distributions() {
  static const registry<timestep_distribution_maker> table(
      "timestep distribution", {{"uniform", uniform, "every level as often"},
                                {"high_noise", high_noise, "more of the high levels, by a power"},
                                {"logit_normal", logit_normal, "more of the middle, as for flows"}});
  return table;
}

timestep_distribution make_timestep_distribution(const config& options) {
  const timestep_distribution whole = timestep_distributions().chosen(options, "uniform")(options);
  const double from = options.get("from", 0.0), to = options.get("to", 1.0);
  if (!(from >= 0 && from < to && to <= 1))
    throw options.fail(concat("wanted 0 <= from < to <= 1, got ", from, " and ", to));
  return [=](const at::Tensor& u) { return whole(u) * (to - from) + from; };
}

}  // namespace zoetrope
