// How far a result lies from what is wanted.
#pragma once

#include <ATen/ATen.h>

namespace zoetrope {

/// In f64 on the CPU, whatever the two are; 0 for tensors without elements.
inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  const auto exact = [](const at::Tensor& x) { return x.to(at::kCPU, at::kDouble); };
  return a.numel() == 0 ? 0.0 : (exact(a) - exact(b)).abs().max().item<double>();
}

}  // namespace zoetrope
