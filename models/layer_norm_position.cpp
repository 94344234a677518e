// See layer_norm_position.hpp: checks, the choice of the kernel, and the gradient.
#include "models/layer_norm_position.hpp"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/error.hpp"
#include "core/tensor/kernel_launch.hpp"
#include "models/layer_norm_rows.hpp"
#include "models/wanted_gradient.hpp"

namespace zoetrope {

namespace {

at::Tensor with_contiguous_channels(const at::Tensor& t) {
  return t.stride(-1) == 1 || t.size(-1) == 1 ? t : t.contiguous();
}

/// b f p c
at::Tensor empty_in_order(const at::Tensor& x, token_order order) {
  const int64_t b = x.size(0), f = x.size(1), p = x.size(2), c = x.size(3);
  if (order == token_order::b_f_p) return at::empty({b, f, p, c}, x.options());
  return at::empty({b, p, f, c}, x.options()).transpose(1, 2);
}

at::Tensor run_forward(const layer_norm_rows& in, token_order order, const row_statistics& statistics) {
  at::Tensor y = empty_in_order(in.x, order);
  layer_norm_rows_forward(in, {}, y, statistics);
  return y;
}

struct differentiable : torch::autograd::Function<differentiable> {
  /// position_table: f p c
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias,
                            const std::optional<at::Tensor>& position_table, double eps, bool swapped) {
    const at::Tensor table = position_table.value_or(at::Tensor());
    const row_statistics statistics = empty_statistics(x);
    context->save_for_backward({x, weight, bias, statistics.mean, statistics.rstd});
    context->saved_data["eps"] = eps;
    context->saved_data["table"] = table.defined();
    return run_forward({x, {}, weight, bias, table, eps}, swapped ? token_order::b_p_f : token_order::b_f_p,
                       statistics);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    const at::Tensor dy = with_contiguous_channels(gradients[0]);
    const layer_norm_rows in{x, {}, weight, bias, {}, context->saved_data["eps"].toDouble()};
    const layer_norm_gradients of =
        layer_norm_rows_backward(in, {saved[3], saved[4]}, dy, {}, wants_any(*context, {1, 2}));
    const at::Tensor dtable = context->saved_data["table"].toBool() ? dy.sum(0) : at::Tensor();
    return {of.dx,
            wanted_gradient(*context, 1, of.dweight, x.scalar_type()),
            wanted_gradient(*context, 2, of.dbias, x.scalar_type()),
            dtable,
            {},
            {}};
  }
};

void check(const layer_norm_position_input& in) {
  ZT_CHECK(in.x.defined() && in.x.dim() == 4 && in.x.is_floating_point(), runtime,
           "layer_norm_position: x must be a floating-point tensor b f p c");
  const int64_t channels = in.x.size(3);
  for (const at::Tensor* parameter : {&in.weight, &in.bias})
    ZT_CHECK(parameter->defined() && parameter->sizes() == at::IntArrayRef({channels}) &&
                 parameter->device() == in.x.device(),
             runtime, "layer_norm_position: weight and bias must be [", channels, "] on the device of x");
  if (!in.table.defined()) return;
  ZT_CHECK(in.table.device() == in.x.device() && in.table.dim() <= 3 &&
               at::is_expandable_to(in.table.sizes(), in.x.sizes().slice(1)),
           runtime, "layer_norm_position: a table of ", in.table.sizes(), " cannot be broadcast to ",
           in.x.sizes().slice(1));
}

}  // namespace

at::Tensor layer_norm_position(const layer_norm_position_input& in) {
  check(in);
  const at::ScalarType dtype = kernel_dtype(in.x);
  if (dtype == at::ScalarType::Undefined) return layer_norm_position_reference(in);
  const at::Tensor x = with_contiguous_channels(in.x.to(dtype)), weight = in.weight.to(dtype).contiguous(),
                   bias = in.bias.to(dtype).contiguous();
  at::Tensor table;
  if (in.table.defined())
    table = with_contiguous_channels(in.table.to(dtype).expand({x.size(1), x.size(2), x.size(3)}));
  const at::Tensor y =
      records_gradient({x, weight, bias, table})
          ? differentiable::apply(x, weight, bias, table.defined() ? std::optional(table) : std::nullopt,
                                  in.eps, in.order == token_order::b_p_f)
          : run_forward({x, {}, weight, bias, table, in.eps}, in.order, {});
  return y.to(in.x.scalar_type());
}

at::Tensor layer_norm_position_reference(const layer_norm_position_input& in) {
  check(in);
  at::Tensor y = at::layer_norm(in.x, {in.x.size(3)}, in.weight, in.bias, in.eps);
  if (in.table.defined()) y = y + in.table;
  return in.order == token_order::b_f_p ? y.contiguous() : y.transpose(1, 2).contiguous().transpose(1, 2);
}

}  // namespace zoetrope
