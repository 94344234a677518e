/* Classifier-free guidance (Ho and Salimans 2022, eq. 6) and a linear step of a sampler in one pass: what the
 * CPU and the CUDA implementation share.
 *
 *   e = negative + scale (text - negative)        y = on_sample x + on_output e + on_noise z
 */
#pragma once

#include <stdint.h>

#include "core/cuda/dtype.h"

struct zt_guided_step {
  int64_t count; /* elements of y */
  double scale;
  double on_sample, on_output, on_noise;
  int dtype; /* zt_dtype of all tensors; f64 on the CPU only */
  const void* sample;
  const void* negative;
  const void* text;  /* null without guidance: e is negative */
  const void* noise; /* null: none is added */
  void* y;
};

#ifdef __cplusplus
namespace zoetrope {
/* CPU, f32 and f64; threads through at::parallel_for. */
void guided_step_cpu(const zt_guided_step& problem);
}  // namespace zoetrope

/* CUDA, f32, f16 and bf16; computes in f32. Asynchronous on `stream`; returns a cudaError_t as int. */
extern "C" {
typedef int zt_guided_step_launcher(const zt_guided_step* problem, void* stream);
zt_guided_step_launcher zt_guided_step_forward;
}
#endif
