// See add_layer_norm.hpp: checks, the choice of the kernel, and the gradient.
#include "models/add_layer_norm.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/error.hpp"
#include "core/tensor/kernel_launch.hpp"
#include "models/layer_norm_rows.hpp"
#include "models/wanted_gradient.hpp"

namespace zoetrope {

namespace {

/// [..., c] -> 1 1 rows c
at::Tensor as_rows(const at::Tensor& t) { return t.view({1, 1, -1, t.size(-1)}); }

add_layer_norm_output run_forward(const add_layer_norm_input& in, at::Tensor sum,
                                  const row_statistics& statistics) {
  at::Tensor y = at::empty(in.x.sizes(), in.x.options());
  layer_norm_rows_forward({as_rows(in.x), as_rows(in.residual), in.weight, in.bias, {}, in.eps}, as_rows(sum),
                          as_rows(y), statistics);
  return {sum, y};
}

struct differentiable : torch::autograd::Function<differentiable> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const at::Tensor& x, const at::Tensor& residual,
                                                const at::Tensor& weight, const at::Tensor& bias,
                                                double eps) {
    const row_statistics statistics = empty_statistics(x);
    const add_layer_norm_output out =
        run_forward({x, residual, weight, bias, eps}, at::empty(x.sizes(), x.options()), statistics);
    context->save_for_backward({out.sum, weight, bias, statistics.mean, statistics.rstd});
    context->saved_data["eps"] = eps;
    return {out.sum, out.normalised};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& sum = saved[0];
    const auto contiguous_rows = [](const at::Tensor& t) {
      return t.defined() ? as_rows(t.contiguous()) : t;
    };
    const at::Tensor dy = gradients[1].defined() ? gradients[1] : at::zeros_like(sum);
    const layer_norm_rows in{as_rows(sum), {}, saved[1], saved[2], {}, context->saved_data["eps"].toDouble()};
    const layer_norm_gradients of =
        layer_norm_rows_backward(in, {saved[3], saved[4]}, contiguous_rows(dy), contiguous_rows(gradients[0]),
                                 wants_any(*context, {2, 3}));
    const at::Tensor dx = of.dx.view(sum.sizes());
    return {dx,
            dx,
            wanted_gradient(*context, 2, of.dweight, sum.scalar_type()),
            wanted_gradient(*context, 3, of.dbias, sum.scalar_type()),
            {}};
  }
};

void check(const add_layer_norm_input& in) {
  ZT_CHECK(in.x.defined() && in.x.dim() > 0 && in.x.is_floating_point(), runtime,
           "add_layer_norm: x must be a floating-point tensor [..., c]");
  const int64_t channels = in.x.size(-1);
  ZT_CHECK(in.residual.defined() && in.residual.sizes() == in.x.sizes() &&
               in.residual.options().type_equal(in.x.options()),
           runtime, "add_layer_norm: residual must be like x, ", in.x.sizes());
  for (const at::Tensor* parameter : {&in.weight, &in.bias})
    ZT_CHECK(parameter->defined() && parameter->sizes() == at::IntArrayRef({channels}) &&
                 parameter->device() == in.x.device(),
             runtime, "add_layer_norm: weight and bias must be [", channels, "] on the device of x");
}

}  // namespace

add_layer_norm_output add_layer_norm(const add_layer_norm_input& in) {
  check(in);
  const at::ScalarType dtype = kernel_dtype(in.x);
  if (dtype == at::ScalarType::Undefined) return add_layer_norm_reference(in);
  const auto ready = [&](const at::Tensor& t) { return t.to(dtype).contiguous(); };
  const add_layer_norm_input of{ready(in.x), ready(in.residual), ready(in.weight), ready(in.bias), in.eps};
  add_layer_norm_output out;
  if (records_gradient({of.x, of.residual, of.weight, of.bias})) {
    const auto both = differentiable::apply(of.x, of.residual, of.weight, of.bias, of.eps);
    out = {both[0], both[1]};
  } else {
    out = run_forward(of, in.into_x ? of.x : at::empty(of.x.sizes(), of.x.options()), {});
  }
  return {out.sum.to(in.x.scalar_type()), out.normalised.to(in.x.scalar_type())};
}

add_layer_norm_output add_layer_norm_reference(const add_layer_norm_input& in) {
  check(in);
  const at::Tensor sum = in.x + in.residual;
  return {sum, at::layer_norm(sum, {sum.size(-1)}, in.weight, in.bias, in.eps)};
}

}  // namespace zoetrope
