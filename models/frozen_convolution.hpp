// A convolution whose weights are frozen, as the gradient passes through it: libtorch's own keeps its input,
// which only the weight's gradient reads.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

/// Whether frozen_convolution can stand for the plain one, and saves memory. Not on a CPU.
bool keeps_no_input(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// x: n c h w, channels-last -> n c' h' w'; bias may be undefined. Differentiable in x alone.
at::Tensor frozen_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                              int64_t stride, int64_t padding);

}  // namespace zoetrope
