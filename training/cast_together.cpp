// See cast_together.hpp.
#include "training/cast_together.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace zoetrope {

namespace {

constexpr std::size_t group = 64;

std::vector<at::Tensor> copies(at::TensorList tensors, at::ScalarType dtype) {
  std::vector<at::Tensor> cast;
  for (const at::Tensor& each : tensors) cast.push_back(at::empty_like(each, each.options().dtype(dtype)));
  at::_foreach_copy_(cast, tensors);
  return cast;
}

// Of f32. Several backward passes may run through it: it keeps no tensor.
struct differentiable : torch::autograd::Function<differentiable> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                at::TensorList tensors, at::ScalarType dtype) {
    context->set_materialize_grads(false);
    return copies(tensors, dtype);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                 const torch::autograd::variable_list& gradients) {
    std::vector<at::Tensor> there;
    for (const at::Tensor& each : gradients)
      if (each.defined()) there.push_back(each);
    torch::autograd::variable_list answers(gradients.size() + 1);
    if (there.empty()) return answers;
    const std::vector<at::Tensor> cast = copies(there, at::kFloat);
    auto next = cast.begin();
    for (std::size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined()) answers[i] = *next++;
    return answers;
  }
};

}  // namespace

std::vector<at::Tensor> cast_together(const trained_parameters& parameters, at::ScalarType dtype) {
  std::vector<at::Tensor> all;
  for (const trained_parameter& each : parameters) all.push_back(each.tensor);
  if (all.empty() || all.front().scalar_type() == dtype) return all;
  for (std::size_t first = 0; first < all.size(); first += group) {
    const std::size_t count = std::min(group, all.size() - first);
    const std::vector<at::Tensor> cast =
        differentiable::apply(at::TensorList(all).slice(first, count), dtype);
    std::copy(cast.begin(), cast.end(), all.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return all;
}

}  // namespace zoetrope
