// See geglu.hpp: checks, the choice of the kernel, and the gradient.
#include "models/geglu.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/error.hpp"
#include "core/tensor/kernel_launch.hpp"
#include "models/kernels/geglu.h"

namespace zoetrope {

namespace {

/// u and g: two tensors, or halves of the rows of one.
zt_geglu problem_of(const at::Tensor& x, const at::Tensor& gate) {
  const bool packed = !gate.defined();
  zt_geglu problem{};
  problem.stride = x.size(-1);
  problem.width = packed ? problem.stride / 2 : problem.stride;
  problem.rows = x.numel() / problem.stride;
  problem.dtype = zt_dtype_of(x.scalar_type());
  problem.u = x.const_data_ptr();
  problem.g =
      packed ? static_cast<const char*>(problem.u) + problem.width * x.element_size() : gate.const_data_ptr();
  return problem;
}

at::Tensor forward_into(at::Tensor y, const at::Tensor& x, const at::Tensor& gate) {
  if (x.is_meta()) return y;
  zt_geglu problem = problem_of(x, gate);
  problem.y = y.mutable_data_ptr();
  if (served_by_launchers(x))
    launch_kernel("zt_geglu_forward", &problem, x);
  else
    geglu_forward_cpu(problem);
  return y;
}

at::Tensor empty_result(const at::Tensor& x, const at::Tensor& gate) {
  if (gate.defined()) return at::empty_like(gate);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() /= 2;
  return at::empty(shape, x.options());
}

struct differentiable : torch::autograd::Function<differentiable> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const std::optional<at::Tensor>& other) {
    const at::Tensor gate = other.value_or(at::Tensor());
    context->save_for_backward({x, gate});
    return forward_into(empty_result(x, gate), x, gate);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gate = saved[1], dy = gradients[0].contiguous();
    at::Tensor dx = at::empty_like(x), dgate = gate.defined() ? at::empty_like(gate) : at::Tensor();
    zt_geglu problem = problem_of(x, gate);
    problem.dy = dy.const_data_ptr();
    problem.du = dx.mutable_data_ptr();
    problem.dg = gate.defined() ? dgate.mutable_data_ptr()
                                : static_cast<char*>(problem.du) + problem.width * x.element_size();
    if (served_by_launchers(x))
      launch_kernel("zt_geglu_backward", &problem, x);
    else
      geglu_backward_cpu(problem);
    return {dx, dgate};
  }
};

}  // namespace

at::Tensor geglu(const at::Tensor& packed) {
  ZT_CHECK(packed.defined() && packed.dim() > 0 && packed.size(-1) % 2 == 0, runtime,
           "geglu: the last dimension must hold two halves, got ",
           packed.defined() && packed.dim() > 0 ? packed.size(-1) : 0, " channels");
  const at::ScalarType dtype = kernel_dtype(packed);
  if (dtype == at::ScalarType::Undefined) {
    const auto halves = packed.chunk(2, -1);
    return geglu_reference(halves[0], halves[1]);
  }
  const at::Tensor x = packed.to(dtype).contiguous();
  const at::Tensor y = records_gradient({x}) ? differentiable::apply(x, std::optional<at::Tensor>())
                                             : forward_into(empty_result(x, {}), x, {});
  return y.to(packed.scalar_type());
}

at::Tensor geglu(const at::Tensor& value, const at::Tensor& gate) {
  ZT_CHECK(value.defined() && gate.defined() && value.sizes() == gate.sizes() && value.dim() > 0 &&
               value.options().type_equal(gate.options()),
           runtime, "geglu: value and gate must be of one shape, dtype and device");
  const at::ScalarType dtype = kernel_dtype(value);
  if (dtype == at::ScalarType::Undefined) return geglu_reference(value, gate);
  const at::Tensor u = value.to(dtype).contiguous(), g = gate.to(dtype).contiguous();
  const at::Tensor y =
      records_gradient({u, g}) ? differentiable::apply(u, std::optional(g)) : forward_into(g, u, g);
  return y.to(value.scalar_type());
}

at::Tensor geglu_reference(const at::Tensor& value, const at::Tensor& gate) { return value * at::gelu(gate); }

}  // namespace zoetrope
