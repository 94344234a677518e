// See indexed_scheduler.hpp.
#include "schedulers/indexed_scheduler.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace zoetrope {

at::Tensor timestep_tensor(const std::vector<double>& timesteps, at::ScalarType dtype) {
  return at::tensor(at::ArrayRef<double>(timesteps), at::kDouble).to(dtype);
}

std::vector<double> as_doubles(const at::Tensor& timesteps) {
  const at::Tensor values = timesteps.reshape({-1}).to(at::kCPU, at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

at::Tensor row_factors(const std::vector<float>& values, const at::Tensor& like) {
  std::vector<int64_t> shape(std::max<int64_t>(like.dim(), 1), 1);
  shape[0] = static_cast<int64_t>(values.size());
  ZT_CHECK(shape[0] == 1 || (like.dim() > 0 && shape[0] == like.size(0)), usage, shape[0], " timesteps for ",
           like.dim() > 0 ? like.size(0) : 1, " samples");
  return at::tensor(at::ArrayRef<float>(values), at::kFloat).view(shape).to(like.options());
}

at::Tensor draw(const step_input& input, const at::Tensor& like, at::ScalarType dtype) {
  ZT_CHECK(input.noise, usage, "this step draws noise, and no noise source was given");
  return input.noise(like.sizes(), dtype).to(like.device(), dtype);
}

int64_t checked_steps(const timestep_request& request, const request_rules& rules) {
  ZT_CHECK(rules.timesteps || request.timesteps.empty(), usage, "this scheduler takes no custom timesteps");
  ZT_CHECK(rules.sigmas || request.sigmas.empty(), usage, "this scheduler takes no custom sigmas");
  const int given = request.steps.has_value() + !request.timesteps.empty() + !request.sigmas.empty();
  ZT_CHECK(given == 1, usage, "give exactly one of steps, timesteps and sigmas, got ", given);
  for (const double value : request.timesteps)
    ZT_CHECK(std::fabs(value) <= 1e7, usage, "timestep ", value, " is out of range");
  for (const double value : request.sigmas)
    ZT_CHECK(value >= 0.0 && std::isfinite(value), usage, "sigma ", value, " is not a finite number from 0");
  const auto listed = static_cast<int64_t>(request.timesteps.size() + request.sigmas.size());
  const int64_t steps = request.steps.value_or(listed);
  ZT_CHECK(steps >= 1 && steps <= rules.most, usage, steps, " steps are not between 1 and ", rules.most,
           " (the timesteps of training)");
  return steps;
}

void indexed_scheduler::set_levels(const std::vector<double>& timesteps, at::ScalarType dtype,
                                   std::vector<float> sigmas) {
  timesteps_ = timestep_tensor(timesteps, dtype);
  sigmas_ = std::move(sigmas);
  cursor_.reset(as_doubles(timesteps_));
}

at::Tensor indexed_scheduler::sigmas() const { return at::tensor(at::ArrayRef<float>(sigmas_), at::kFloat); }

float indexed_scheduler::sigma(int64_t index) const {
  ZT_CHECK(index >= 0 && index < static_cast<int64_t>(sigmas_.size()), usage, "step ", index,
           " has no noise level: the list has ", sigmas_.size());
  return sigmas_[index];
}

float indexed_scheduler::max_sigma() const { return *std::max_element(sigmas_.begin(), sigmas_.end()); }

std::vector<int64_t> indexed_scheduler::indices_of(const at::Tensor& timesteps) const {
  std::vector<int64_t> indices;
  for (const double timestep : as_doubles(timesteps))
    indices.push_back(cursor_.told_index() ? *cursor_.told_index() : cursor_.index_of(timestep));
  return indices;
}

at::Tensor indexed_scheduler::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                        const at::Tensor& timesteps) {
  std::vector<float> signal, amount;
  for (const int64_t index : indices_of(timesteps)) {
    const signal_noise level = mixture(sigma(index));
    signal.push_back(level.alpha);
    amount.push_back(level.sigma);
  }
  return row_factors(signal, original) * original + row_factors(amount, original) * noise;
}

}  // namespace zoetrope
