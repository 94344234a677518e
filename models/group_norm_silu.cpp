// See group_norm_silu.hpp: checks, the choice of the kernel, and the gradient.
#include "models/group_norm_silu.hpp"

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/error.hpp"
#include "core/tensor/kernel_launch.hpp"
#include "models/frames.hpp"
#include "models/kernels/group_norm_silu.h"
#include "models/wanted_gradient.hpp"

namespace zoetrope {

namespace {

struct attributes {
  int64_t groups;
  double eps;
  int64_t frames;
  bool silu;
};

struct statistics {
  at::Tensor mean, rstd;  ///< [clips, groups], f64 for f64, else f32
};

at::Tensor channels_last(const at::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

zt_group_norm_silu problem_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                              const attributes& options, const statistics& stats) {
  zt_group_norm_silu problem{};
  problem.clips = x.size(0) / options.frames;
  problem.positions = options.frames * x.size(2) * x.size(3);
  problem.channels = x.size(1);
  problem.groups = options.groups;
  problem.eps = options.eps;
  problem.silu = options.silu;
  problem.dtype = zt_dtype_of(x.scalar_type());
  problem.x = x.const_data_ptr();
  problem.weight = weight.const_data_ptr();
  problem.bias = bias.const_data_ptr();
  problem.mean = stats.mean.mutable_data_ptr();
  problem.rstd = stats.rstd.mutable_data_ptr();
  return problem;
}

void launch_with_workspace(const char* name, zt_group_norm_silu problem, const at::Tensor& x) {
  const int64_t floats =
      kernel_launcher<zt_group_norm_silu_workspace_function>("zt_group_norm_silu_workspace")(&problem);
  const at::Tensor workspace = at::empty({floats}, x.options().dtype(at::kFloat));
  problem.workspace = workspace.mutable_data_ptr<float>();
  launch_kernel(name, &problem, x);
}

at::Tensor forward_kernel(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                          const attributes& options, const statistics& stats, const at::Tensor& shift = {}) {
  at::Tensor y = at::empty_like(x);
  if (x.is_meta()) return y;
  zt_group_norm_silu problem = problem_of(x, weight, bias, options, stats);
  problem.y = y.mutable_data_ptr();
  if (shift.defined()) {
    problem.shift = shift.const_data_ptr();
    problem.clips_a_shift = problem.clips / shift.size(0);
  }
  if (served_by_launchers(x))
    launch_with_workspace("zt_group_norm_silu_forward", problem, x);
  else
    group_norm_silu_forward_cpu(problem);
  return y;
}

statistics empty_statistics(const at::Tensor& x, const attributes& options) {
  const auto make = [&] {
    return at::empty({x.size(0) / options.frames, options.groups},
                     x.options().dtype(at::toOpMathType(x.scalar_type())), at::MemoryFormat::Contiguous);
  };
  return {make(), make()};
}

struct differentiable : torch::autograd::Function<differentiable> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias, int64_t groups, double eps,
                            int64_t frames, bool silu) {
    const attributes options{groups, eps, frames, silu};
    const statistics stats = empty_statistics(x, options);
    at::Tensor y = forward_kernel(x, weight, bias, options, stats);
    context->save_for_backward({x, weight, bias, stats.mean, stats.rstd});
    context->saved_data["groups"] = groups;
    context->saved_data["eps"] = eps;
    context->saved_data["frames"] = frames;
    context->saved_data["silu"] = silu;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    const attributes options{context->saved_data["groups"].toInt(), context->saved_data["eps"].toDouble(),
                             context->saved_data["frames"].toInt(), context->saved_data["silu"].toBool()};
    const at::Tensor dy = channels_last(gradients[0]);
    at::Tensor dx = at::empty_like(x);
    at::Tensor dweight = at::empty({x.size(1)}, weight.options().dtype(at::toOpMathType(x.scalar_type()))),
               dbias = at::empty_like(dweight);
    zt_group_norm_silu problem = problem_of(x, weight, bias, options, {saved[3], saved[4]});
    problem.dy = dy.const_data_ptr();
    problem.dx = dx.mutable_data_ptr();
    problem.dweight = dweight.mutable_data_ptr();
    problem.dbias = dbias.mutable_data_ptr();
    if (served_by_launchers(x))
      launch_with_workspace("zt_group_norm_silu_backward", problem, x);
    else
      group_norm_silu_backward_cpu(problem);
    const at::Tensor none;
    return {dx,
            wanted_gradient(*context, 1, dweight, weight.scalar_type()),
            wanted_gradient(*context, 2, dbias, bias.scalar_type()),
            none,
            none,
            none,
            none};
  }
};

void check(const group_norm_silu_input& in) {
  ZT_CHECK(in.x.defined() && in.x.dim() == 4 && in.x.is_floating_point(), runtime,
           "group_norm_silu: x must be a floating-point tensor of 4 dimensions");
  const int64_t rows = in.x.size(0), channels = in.x.size(1);
  ZT_CHECK(in.frames > 0 && rows % in.frames == 0, runtime, "group_norm_silu: ", rows,
           " frames are no multiple of a clip of ", in.frames);
  ZT_CHECK(in.groups > 0 && channels % in.groups == 0, runtime, "group_norm_silu: ", channels,
           " channels are not divisible by ", in.groups, " groups");
  for (const at::Tensor* parameter : {&in.weight, &in.bias})
    ZT_CHECK(parameter->defined() && parameter->sizes() == at::IntArrayRef({channels}) &&
                 parameter->device() == in.x.device(),
             runtime, "group_norm_silu: weight and bias must be [", channels, "] on the device of x");
  ZT_CHECK(!in.shift.defined() ||
               (in.shift.dim() == 2 && in.shift.size(1) == channels && in.shift.size(0) > 0 &&
                rows / in.frames % in.shift.size(0) == 0 && in.shift.options().type_equal(in.x.options())),
           runtime, "group_norm_silu: shift must be [clips, ", channels, "] and like x");
}

// x + shift, as the reference for it is computed: a rounded sum.
at::Tensor shifted(const group_norm_silu_input& in) {
  if (!in.shift.defined()) return in.x;
  const at::Tensor clips = in.x.unflatten(0, {in.shift.size(0), -1});  // b f c h w
  return add_to(clips, in.shift.unflatten(1, {1, -1, 1, 1})).flatten(0, 1);
}

}  // namespace

at::Tensor group_norm_silu(const group_norm_silu_input& in) {
  check(in);
  const at::ScalarType dtype = kernel_dtype(in.x);
  if (dtype == at::ScalarType::Undefined) return group_norm_silu_reference(in);
  const attributes options{in.groups, in.eps, in.frames, in.silu};
  const at::Tensor weight = in.weight.to(dtype).contiguous(), bias = in.bias.to(dtype).contiguous();
  if (in.shift.defined() && computed_on_gpu(in.x) && !c10::GradMode::is_enabled()) {
    const at::Tensor x = channels_last(in.x);
    return forward_kernel(x, weight, bias, options, empty_statistics(x, options), in.shift.contiguous());
  }
  const at::Tensor x = channels_last(shifted(in).to(dtype));
  const at::Tensor y = records_gradient({x, weight, bias})
                           ? differentiable::apply(x, weight, bias, in.groups, in.eps, in.frames, in.silu)
                           : forward_kernel(x, weight, bias, options, empty_statistics(x, options));
  return y.to(in.x.scalar_type());
}

at::Tensor group_norm_silu_reference(const group_norm_silu_input& in) {
  check(in);
  const int64_t rows = in.x.size(0), channels = in.x.size(1), height = in.x.size(2), width = in.x.size(3);
  const at::Tensor x = channels_last(shifted(in)).permute({0, 2, 3, 1});
  // (b f) h w c -> b c (f h) w: the same memory, the frames of a clip one below the other
  const at::Tensor clips =
      x.reshape({rows / in.frames, in.frames * height, width, channels}).permute({0, 3, 1, 2});
  at::Tensor y = at::group_norm(clips, in.groups, in.weight, in.bias, in.eps);
  if (in.silu) y = at::silu(y);
  // b c (f h) w -> (b f) c h w
  return channels_last(
      y.permute({0, 2, 3, 1}).reshape({rows, height, width, channels}).permute({0, 3, 1, 2}));
}

}  // namespace zoetrope
