// See layer_norm_rows.hpp.
#include "models/layer_norm_rows.hpp"

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>

#include "core/tensor/kernel_launch.hpp"
#include "models/kernels/layer_norm_rows.h"

namespace zoetrope {

namespace {

const void* pointer(const at::Tensor& t) { return t.defined() ? t.const_data_ptr() : nullptr; }
void* memory(const at::Tensor& t) { return t.defined() ? t.mutable_data_ptr() : nullptr; }

zt_layer_norm_rows problem_of(const layer_norm_rows& in, const row_statistics& statistics,
                              const at::Tensor& y) {
  zt_layer_norm_rows problem{};
  problem.batch = in.x.size(0);
  problem.frames = in.x.size(1);
  problem.positions = in.x.size(2);
  problem.channels = in.x.size(3);
  for (int i = 0; i < 3; ++i) {
    problem.x_stride[i] = in.x.stride(i);
    problem.y_stride[i] = y.stride(i);
  }
  for (int i = 0; i < 2 && in.table.defined(); ++i) problem.table_stride[i] = in.table.stride(i);
  problem.eps = in.eps;
  problem.dtype = zt_dtype_of(in.x.scalar_type());
  problem.x = pointer(in.x);
  problem.residual = pointer(in.residual);
  problem.weight = pointer(in.weight);
  problem.bias = pointer(in.bias);
  problem.table = pointer(in.table);
  problem.mean = memory(statistics.mean);
  problem.rstd = memory(statistics.rstd);
  return problem;
}

}  // namespace

row_statistics empty_statistics(const at::Tensor& x) {
  const auto make = [&] {
    return at::empty({x.numel() / x.size(-1)}, x.options().dtype(at::toOpMathType(x.scalar_type())));
  };
  return {make(), make()};
}

void layer_norm_rows_forward(const layer_norm_rows& in, const at::Tensor& sum, const at::Tensor& y,
                             const row_statistics& statistics) {
  if (in.x.is_meta()) return;
  zt_layer_norm_rows problem = problem_of(in, statistics, y);
  problem.sum = memory(sum);
  problem.y = memory(y);
  if (served_by_launchers(in.x))
    launch_kernel("zt_layer_norm_rows_forward", &problem, in.x);
  else
    layer_norm_rows_forward_cpu(problem);
}

layer_norm_gradients layer_norm_rows_backward(const layer_norm_rows& in, const row_statistics& statistics,
                                              const at::Tensor& dy, const at::Tensor& dsum,
                                              bool of_parameters) {
  const auto of_channels = [&] {
    return of_parameters
               ? at::empty({in.x.size(-1)}, in.x.options().dtype(at::toOpMathType(in.x.scalar_type())))
               : at::Tensor();
  };
  const layer_norm_gradients result{at::empty(in.x.sizes(), in.x.options()), of_channels(), of_channels()};
  if (in.x.is_meta()) return result;
  zt_layer_norm_rows problem = problem_of(in, statistics, dy);
  problem.dy = pointer(dy);
  problem.dsum = pointer(dsum);
  problem.dx = memory(result.dx);
  problem.dweight = memory(result.dweight);
  problem.dbias = memory(result.dbias);
  if (!served_by_launchers(in.x)) {
    layer_norm_rows_backward_cpu(problem);
    return result;
  }
  const auto size =
      kernel_launcher<zt_layer_norm_rows_workspace_function>("zt_layer_norm_rows_workspace")(&problem);
  const at::Tensor workspace = at::empty({size}, in.x.options().dtype(at::kFloat));
  problem.workspace = workspace.mutable_data_ptr<float>();
  launch_kernel("zt_layer_norm_rows_backward", &problem, in.x);
  return result;
}

}  // namespace zoetrope
