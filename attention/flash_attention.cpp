// See flash_attention.hpp.
#include "attention/flash_attention.hpp"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>

#include "attention/attention_kernel.hpp"
#include "attention/kernels/few_keys_attention.h"
#include "attention/kernels/flash_attention.h"
#include "core/tensor/kernel_launch.hpp"

namespace zoetrope {

namespace {

at::Tensor attend_without_tables(const attention_kernel& kernel, const attention_input& input) {
  ZT_CHECK(!input.relative_k.defined() && !input.relative_v.defined(), runtime, kernel.name,
           ": knows no relative keys and values");
  check_attention_shapes(input);
  return attend_by(kernel, rotated(input));
}

}  // namespace

at::Tensor flash_attention(const attention_input& input) {
  static const attention_kernel kernel{"flash attention", flash_attention_forward_cpu,
                                       flash_attention_backward_cpu, "zt_flash_attention_forward",
                                       "zt_flash_attention_backward"};
  return attend_without_tables(kernel, input);
}

at::Tensor few_keys_attention(const attention_input& input) {
  static const attention_kernel kernel{"few keys attention", few_keys_attention_forward_cpu, nullptr,
                                       "zt_few_keys_attention_forward", nullptr};
  ZT_CHECK(has_few_keys(input), runtime, "few keys attention: serves at most ",
           static_cast<int>(zt_few_keys_most), " keys, and no gradient; got q ", input.q.sizes(), ", k ",
           input.k.sizes());
  return attend_without_tables(kernel, input);
}

bool has_few_keys(const attention_input& input) {
  constexpr int64_t widest_in_f32 = 128;  // keys and values must fit in an A100's shared memory
  return input.k.size(-2) <= zt_few_keys_most && !records_gradient({input.q, input.k, input.v}) &&
         (input.q.element_size() < 4 || input.q.size(-1) <= widest_in_f32 || !served_by_launchers(input.q));
}

bool has_hopper_kernels(const attention_input& input) {
  const at::Tensor& q = input.q;
  if (!served_by_launchers(q) || input.mask.defined() || records_gradient({q, input.k, input.v}))
    return false;
  const c10::DeviceGuard on_device(q.device());
  return kernel_launcher<zt_hopper_question>("zt_hopper_attention_serves")(zt_dtype_of(q.scalar_type()),
                                                                           q.size(-1)) != 0;
}

}  // namespace zoetrope
