// What the torch bindings of all kernels share: which implementation serves a tensor, and in which dtype.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/cuda/kernel_library.hpp"

namespace zoetrope {

/// Whether `x` is served by launchers (a GPU's, or their emulation in tests) and not by a CPU twin.
bool served_by_launchers(const at::Tensor& x);

/// Whether a GPU computes with `x`: where it lies, that of a meta run, or the emulated one. What costs a pass
/// over memory there may be put into a neighbour's; the sums that a CPU rounds stay as they are.
bool computed_on_gpu(const at::Tensor& x);

/// The dtype that our kernels compute `x` in: on a CPU f64 or f32, to which 16-bit types are widened; on a
/// GPU f32, f16 or bf16. Undefined where no kernel serves it: empty, not a floating-point number, f64 on a
/// GPU, a GPU without our library.
at::ScalarType kernel_dtype(const at::Tensor& x);

/// The zt_dtype of a dtype that kernel_dtype gave.
int zt_dtype_of(at::ScalarType dtype);

/// Whether autograd records what is computed of `tensors`, some of which may be undefined.
bool records_gradient(at::TensorList tensors);

using any_launcher = int (*)(const void* problem, void* stream);
/// Runs a launcher of our library on the current stream of x's device. error{runtime} with CUDA's error
/// number.
void launch_kernel(const char* name, const void* problem, const at::Tensor& x);

}  // namespace zoetrope
