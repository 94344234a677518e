// What a backward pass answers for parameters that may be frozen: their gradients cost a GPU launches.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace zoetrope {

/// Whether somebody asks for the gradient of one of the node's tensors.
inline bool wants_any(const torch::autograd::AutogradContext& context,
                      std::initializer_list<std::size_t> numbers) {
  for (const std::size_t number : numbers)
    if (context.needs_input_grad(number)) return true;
  return false;
}

/// `gradient` in the dtype of what was the node's tensor `number`; undefined where nobody asks for it.
inline at::Tensor wanted_gradient(const torch::autograd::AutogradContext& context, std::size_t number,
                                  const at::Tensor& gradient, at::ScalarType dtype) {
  return context.needs_input_grad(number) ? gradient.to(dtype) : at::Tensor();
}

}  // namespace zoetrope
