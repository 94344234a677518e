// Parameters and gradients of the optimizers' tests.
#pragma once

#include <ATen/ATen.h>

#include "core/tensor/random.hpp"
#include "training/optimizer.hpp"

namespace zoetrope {

/// (i * a + b) % m - shift over `divisor`, exact in f32.
inline at::Tensor ramp(int64_t count, int64_t a, int64_t b, int64_t m, int64_t shift, double divisor) {
  return (((at::arange(count, at::kLong) * a + b) % m) - shift).to(at::kFloat) / divisor;
}
inline trained_parameter parameter(const std::string& name, const at::Tensor& value, bool decays = true) {
  return {name, value.clone().requires_grad_(true), decays};
}
inline void set_gradient(const trained_parameter& of, const at::Tensor& gradient) {
  at::Tensor tensor = of.tensor;
  tensor.mutable_grad() = gradient;
}

/// The mean squared error of a network of two layers on 512 points after `steps` steps: a student that learns
/// a teacher of the same shape, whose answers carry noise of variance 0.01. Its weights are large enough to
/// be quantised, its biases are not.
inline double error_after(const std::string& type, int steps) {
  generator random(3);
  const auto draw = [&](std::initializer_list<int64_t> shape, double scale) {
    return random.normal(shape) * scale;
  };
  const at::Tensor x = draw({512, 64}, 1), hidden = draw({64, 128}, 0.125), out = draw({128, 64}, 0.1),
                   y = at::tanh(x.mm(hidden)).mm(out) + draw({512, 64}, 0.1);
  const trained_parameters all{parameter("hidden", draw({64, 128}, 0.125)),
                               parameter("bias", at::zeros({128}), false),
                               parameter("out", draw({128, 64}, 0.1))};
  const auto stepped = make_optimizer(config(json{{"type", type}}), all);
  const auto error_of = [&](const at::Tensor& points, const at::Tensor& answers) {
    const at::Tensor features = at::tanh(points.mm(all[0].tensor) + all[1].tensor);
    return (features.mm(all[2].tensor) - answers).square().mean();
  };
  for (int t = 0; t < steps; ++t) {
    for (const trained_parameter& each : all) set_gradient(each, at::Tensor());
    const int64_t first = t % 8 * 64;
    error_of(x.narrow(0, first, 64), y.narrow(0, first, 64)).backward();
    stepped->step(0.003 * (1 - t / static_cast<double>(steps)));
  }
  return error_of(x, y).item<double>();
}

}  // namespace zoetrope
