// See low_rank_product.hpp.
#include "models/low_rank_product.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/tensor/kernel_launch.hpp"
#include "models/views.hpp"

namespace zoetrope {

namespace {

at::Tensor scaled(at::Tensor t, double scale) { return scale == 1.0 ? t : t.mul_(scale); }

struct differentiable : torch::autograd::Function<differentiable> {
  /// x: [n, in]
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& down, const at::Tensor& up, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, double scale) {
    const at::Tensor inner = at::mm(x, down.t());
    at::Tensor y = bias ? at::addmm(*bias, x, weight.t()) : at::mm(x, weight.t());
    y.addmm_(inner, up.t(), 1, scale);
    context->save_for_backward({x, inner, down, up, weight});
    context->saved_data["scale"] = scale;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &inner = saved[1], &down = saved[2], &up = saved[3], &weight = saved[4];
    const double scale = context->saved_data["scale"].toDouble();
    const at::Tensor& dy = gradients[0];
    const at::Tensor dinner = scaled(at::mm(dy, up), scale);
    at::Tensor dx;
    if (context->needs_input_grad(0)) dx = at::mm(dy, weight).addmm_(dinner, down);
    const at::Tensor none;
    return {dx, at::mm(dinner.t(), x), scaled(at::mm(dy.t(), inner), scale), none, none, none};
  }
};

}  // namespace

bool one_node_serves(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                     const low_rank_adapter& change) {
  return !x.is_cpu() && records_gradient({change.down, change.up}) && !records_gradient({weight, bias});
}

at::Tensor low_rank_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const low_rank_adapter& change) {
  const at::Tensor y =
      differentiable::apply(matrix_of(x), change.down, change.up, weight,
                            bias.defined() ? std::optional(bias) : std::nullopt, change.scale);
  return with_rows_of(x, y);
}

}  // namespace zoetrope
