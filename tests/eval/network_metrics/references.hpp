// What make_reference_values.py stored, and weights by the formula that it and the tests share.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "core/tensor/weights.hpp"

namespace zoetrope {

inline at::Tensor reference_value(const std::string& name) {
  static const tensor_map tensors = load_tensors(std::filesystem::path(ZOETROPE_SOURCE_DIR) /
                                                 "tests/eval/network_metrics/reference_values.safetensors");
  return tensors.at(name);
}

/// sin(0.7 i + index) / sqrt(fan-in)
inline at::Tensor by_formula(std::size_t index, const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  const double fan_in = static_cast<double>(std::max<int64_t>(1, count / shape[0]));
  const at::Tensor angle = at::arange(count, at::kDouble) * 0.7 + static_cast<double>(index);
  return (at::sin(angle) / std::sqrt(fan_in)).view(shape).to(at::kFloat);
}

}  // namespace zoetrope
