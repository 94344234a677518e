// See guided_step.hpp: checks, and the choice of the kernel.
#include "models/guided_step.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/tensor/kernel_launch.hpp"
#include "models/kernels/guided_step.h"

namespace zoetrope {

namespace {

void check(const guided_step_input& in) {
  ZT_CHECK(in.sample.defined() && in.negative.defined(), runtime,
           "guided_step: sample and output are missing");
  for (const at::Tensor* other : {&in.negative, &in.text, &in.noise})
    ZT_CHECK(!other->defined() ||
                 (other->sizes() == in.sample.sizes() && other->options().type_equal(in.sample.options())),
             runtime, "guided_step: all tensors must be like the sample, ", in.sample.sizes());
}

}  // namespace

at::Tensor guided_step(const guided_step_input& in) {
  check(in);
  const at::ScalarType dtype = kernel_dtype(in.sample);
  if (dtype == at::ScalarType::Undefined) return guided_step_reference(in);
  const auto ready = [&](const at::Tensor& t) { return t.defined() ? t.to(dtype).contiguous() : t; };
  const auto pointer = [](const at::Tensor& t) { return t.defined() ? t.const_data_ptr() : nullptr; };
  const at::Tensor sample = ready(in.sample), negative = ready(in.negative), text = ready(in.text),
                   noise = ready(in.noise);
  at::Tensor y = at::empty(sample.sizes(), sample.options());
  if (!y.is_meta()) {
    const zt_guided_step problem{y.numel(),     in.scale,           in.on_sample,        in.on_output,
                                 in.on_noise,   zt_dtype_of(dtype), pointer(sample),     pointer(negative),
                                 pointer(text), pointer(noise),     y.mutable_data_ptr()};
    if (served_by_launchers(sample))
      launch_kernel("zt_guided_step_forward", &problem, sample);
    else
      guided_step_cpu(problem);
  }
  return y.to(in.sample.scalar_type());
}

at::Tensor guided_step_reference(const guided_step_input& in) {
  check(in);
  at::Tensor output = in.negative;
  if (in.text.defined()) output = output + in.scale * (in.text - output);
  at::Tensor y = in.on_sample * in.sample + in.on_output * output;
  return in.noise.defined() ? y + in.on_noise * in.noise : y;
}

}  // namespace zoetrope
