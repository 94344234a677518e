// See kernel_launch.hpp.
#include "core/tensor/kernel_launch.hpp"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

#include "core/cuda/dtype.h"
#include "core/error.hpp"
#include "core/tensor/meta_run.hpp"

namespace zoetrope {

namespace {
bool is_16_bit(at::ScalarType dtype) { return dtype == at::kHalf || dtype == at::kBFloat16; }
}  // namespace

bool served_by_launchers(const at::Tensor& x) {
  return x.is_cuda() ? open_cuda().kernels : x.is_cpu() && kernels_emulated();
}

bool computed_on_gpu(const at::Tensor& x) { return device_at_work(x) != at::kCPU || served_by_launchers(x); }

at::ScalarType kernel_dtype(const at::Tensor& x) {
  const at::ScalarType dtype = x.scalar_type();
  if (x.numel() == 0 || !(dtype == at::kFloat || dtype == at::kDouble || is_16_bit(dtype)))
    return at::ScalarType::Undefined;
  if (device_at_work(x) == at::kCPU && !served_by_launchers(x)) return is_16_bit(dtype) ? at::kFloat : dtype;
  const bool has_kernels = x.is_meta() || served_by_launchers(x);  // a GPU in a meta run has its kernels
  return has_kernels && dtype != at::kDouble ? dtype : at::ScalarType::Undefined;
}

int zt_dtype_of(at::ScalarType dtype) {
  switch (dtype) {
    case at::kHalf:
      return zt_f16;
    case at::kBFloat16:
      return zt_bf16;
    case at::kDouble:
      return zt_f64;
    default:
      return zt_f32;
  }
}

bool records_gradient(at::TensorList tensors) {
  return c10::GradMode::is_enabled() && std::any_of(tensors.begin(), tensors.end(), [](const at::Tensor& t) {
           return t.defined() && t.requires_grad();
         });
}

void launch_kernel(const char* name, const void* problem, const at::Tensor& x) {
  auto* launcher = reinterpret_cast<any_launcher>(kernel_symbol(name));
  const c10::DeviceGuard on_device(x.device());
  void* stream = x.is_cuda()
                     ? c10::impl::VirtualGuardImpl(x.device().type()).getStream(x.device()).native_handle()
                     : nullptr;
  const int status = launcher(problem, stream);
  ZT_CHECK(status == 0, runtime, name, ": CUDA error ", status);
}

}  // namespace zoetrope
