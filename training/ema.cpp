// See ema.hpp.
#include "training/ema.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace zoetrope {

moving_average_options read_moving_average_options(const config& options) {
  moving_average_options read;
  read.decay = options.get("decay", read.decay);
  read.min_decay = options.get("min_decay", read.min_decay);
  for (const double decay : {read.decay, read.min_decay})
    if (!(decay >= 0 && decay <= 1))
      throw options.fail(concat("got a decay of ", decay, ", wanted 0 <= decay <= 1"));
  read.update_after_step = options.bounded("update_after_step", 0, 0, int64_t{1} << 40);
  read.use_ema_warmup = options.get("use_ema_warmup", read.use_ema_warmup);
  if (!read.use_ema_warmup) return read;
  read.inv_gamma = options.get("inv_gamma", read.inv_gamma);
  read.power = options.get("power", read.power);
  if (!(read.inv_gamma > 0))
    throw options.fail(concat("inv_gamma: got ", read.inv_gamma, ", wanted above 0"));
  return read;
}

double decay_at(const moving_average_options& options, int64_t step) {
  const auto n = static_cast<double>(step - options.update_after_step - 1);
  if (n <= 0) return 0;
  const double rule =
      options.use_ema_warmup ? 1 - std::pow(1 + n / options.inv_gamma, -options.power) : (1 + n) / (10 + n);
  return std::max(std::min(rule, options.decay), options.min_decay);
}

moving_average::moving_average(const moving_average_options& options, trained_parameters parameters)
    : options_(options) {
  for (trained_parameter& parameter : parameters) {
    names_.push_back(parameter.name);
    parameters_.push_back(parameter.tensor.detach());
    averages_.push_back(parameters_.back().clone());
  }
}

void moving_average::update() {
  const c10::NoGradGuard no_grad;
  const double decay = decay_at(options_, ++steps_);
  if (!averages_.empty()) at::_foreach_lerp_(averages_, parameters_, 1 - decay);
}

void moving_average::swap() {
  const c10::NoGradGuard no_grad;
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    const at::Tensor kept = parameters_[i].clone();
    parameters_[i].copy_(averages_[i]);
    averages_[i].copy_(kept);
  }
}

tensor_map moving_average::state() const {
  tensor_map state{{"/step", at::scalar_tensor(steps_, at::kLong)}};
  for (std::size_t i = 0; i < averages_.size(); ++i) state[names_[i]] = averages_[i];
  return state;
}

void moving_average::load(const tensor_map& state) {
  for (const auto& [name, wanted] : this->state()) {
    const auto found = state.find(name);
    ZT_CHECK(found != state.end(), bad_input, "moving average: ", name, " is missing");
    ZT_CHECK(found->second.sizes() == wanted.sizes(), bad_input, "moving average: ", name, " is ",
             found->second.sizes(), ", wanted ", wanted.sizes());
  }
  steps_ = state.at("/step").item<int64_t>();
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].copy_(state.at(names_[i]));
}

}  // namespace zoetrope
