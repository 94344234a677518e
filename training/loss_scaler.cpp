// See loss_scaler.hpp.
#include "training/loss_scaler.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace zoetrope {

loss_scaler_options read_loss_scaler_options(const config& options) {
  loss_scaler_options read;
  read.init_scale = options.get("init_scale", read.init_scale);
  read.growth_factor = options.get("growth_factor", read.growth_factor);
  read.backoff_factor = options.get("backoff_factor", read.backoff_factor);
  read.growth_interval = options.bounded("growth_interval", read.growth_interval, 1, int64_t{1} << 40);
  read.min_scale = options.get("min_scale", read.min_scale);
  for (const auto& [key, scale] :
       {std::pair("init_scale", read.init_scale), std::pair("min_scale", read.min_scale)})
    if (!(scale > 0)) throw options.fail(concat(key, ": got ", scale, ", wanted above 0"));
  if (!(read.growth_factor > 1))
    throw options.fail(concat("growth_factor: got ", read.growth_factor, ", wanted above 1"));
  if (!(read.backoff_factor > 0 && read.backoff_factor < 1))
    throw options.fail(concat("backoff_factor: got ", read.backoff_factor, ", wanted between 0 and 1"));
  return read;
}

bool loss_scaler::unscale(const trained_parameters& parameters) const {
  std::vector<at::Tensor> gradients;
  for (const trained_parameter& parameter : parameters)
    if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
  if (gradients.empty()) return true;
  at::Tensor not_finite = at::zeros({1}, gradients[0].options().dtype(at::kFloat));
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, not_finite,
                                                 at::full({1}, 1 / scale_, not_finite.options()));
  return not_finite.item<float>() == 0;
}

void loss_scaler::update(bool finite) {
  if (!finite) {
    scale_ *= options_.backoff_factor;
    good_steps_ = 0;
    ++skipped_steps_;
    return;
  }
  if (++good_steps_ < options_.growth_interval) return;
  good_steps_ = 0;
  const double grown = scale_ * options_.growth_factor;
  if (std::isfinite(static_cast<float>(grown))) scale_ = grown;
}

json loss_scaler::state() const {
  return {{"scale", scale_}, {"good_steps", good_steps_}, {"skipped_steps", skipped_steps_}};
}

void loss_scaler::load(const json& state) {
  const config read(state, "loss scaler");
  const auto scale = read.get<double>("scale");
  const auto good_steps = read.get<int64_t>("good_steps");
  skipped_steps_ = read.get<int64_t>("skipped_steps");
  good_steps_ = good_steps;
  scale_ = scale;
}

}  // namespace zoetrope
