/* GEGLU (Shazeer 2020, "GLU Variants Improve Transformer"): what the CPU and the CUDA implementation share.
 *
 *   y = u gelu(g),  gelu(g) = g Phi(g),  Phi(g) = (1 + erf(g / sqrt 2)) / 2
 *   du = dy gelu(g)     dg = dy u (Phi(g) + g phi(g)),  phi the density of the standard normal distribution
 */
#pragma once

#include <stdint.h>

#include "core/cuda/dtype.h"

struct zt_geglu {
  int64_t rows, width;
  int64_t stride; /* elements from a row of u to the next; of g, du and dg, too: 2 width where both lie in one
                     tensor */
  int dtype;      /* zt_dtype of all tensors; f64 on the CPU only */
  const void* u;
  const void* g;
  void* y;        /* [rows, width], forward only; may be u or g where stride is width */
  const void* dy; /* [rows, width], backward only, as are du and dg */
  void* du;
  void* dg;
};

#ifdef __cplusplus
namespace zoetrope {
/* CPU, f32 and f64; threads through at::parallel_for. */
void geglu_forward_cpu(const zt_geglu& problem);
void geglu_backward_cpu(const zt_geglu& problem);
}  // namespace zoetrope

/* CUDA, f32, f16 and bf16. Asynchronous on `stream`; return a cudaError_t as int. */
extern "C" {
typedef int zt_geglu_launcher(const zt_geglu* problem, void* stream);
zt_geglu_launcher zt_geglu_forward, zt_geglu_backward;
}
#endif
