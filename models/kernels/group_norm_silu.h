/* GroupNorm with an optional SiLU: what the CPU and the CUDA implementation share. Wu and He 2018, eq. 1.
 *
 * Memory: clips x positions x channels, contiguous (channels-last frames, one below the other); statistics of
 * a clip run over all its positions and the channels of a group.
 *
 *   z = (x - mean_g) * rstd_g * weight_c + bias_c        y = z, or z * sigmoid(z)
 *   with m = positions * channels / groups values in a group, h = (x - mean) * rstd and dz = dy, or dy *
 * silu'(z): dbias_c = sum dz     dweight_c = sum dz h     dx = rstd * (w dz - (sum_g w dz + h * sum_g w dz h)
 * / m)
 */
#pragma once

#include <stdint.h>

#include "core/cuda/dtype.h"

struct zt_group_norm_silu {
  int64_t clips, positions, channels, groups;
  double eps;
  int silu;  /* 0 or 1 */
  int dtype; /* zt_dtype of x, weight, bias, y, dy and dx; f64 on the CPU only. All others are f32, or f64 for
                f64 */
  const void* x;      /* [clips, positions, channels] */
  const void* weight; /* [channels] */
  const void* bias;   /* [channels] */
  void* y;            /* [clips, positions, channels], forward only */
  void* mean;         /* [clips, groups]: written by forward, read by backward */
  void* rstd;         /* [clips, groups] */
  const void* dy;     /* [clips, positions, channels], backward only, as are those below */
  void* dx;           /* [clips, positions, channels] */
  void* dweight;      /* [channels] */
  void* dbias;        /* [channels] */
  const void* shift;  /* CUDA forward only: [clips / clips_a_shift, channels], added to x first; or null */
  int64_t clips_a_shift;
  float* workspace; /* CUDA only: zt_group_norm_silu_workspace floats */
};

#ifdef __cplusplus
namespace zoetrope {
/* CPU, f32 and f64; threads through at::parallel_for. The result does not depend on the number of threads. */
void group_norm_silu_forward_cpu(const zt_group_norm_silu& problem);
void group_norm_silu_backward_cpu(const zt_group_norm_silu& problem);
}  // namespace zoetrope

/* CUDA, in libzoetrope_cuda.so. Asynchronous on `stream`; return a cudaError_t as int, so that a program
 * without CUDA's headers can name them. */
extern "C" {
typedef int64_t zt_group_norm_silu_workspace_function(const zt_group_norm_silu* problem);
typedef int zt_group_norm_silu_launcher(const zt_group_norm_silu* problem, void* stream);
zt_group_norm_silu_workspace_function zt_group_norm_silu_workspace;
zt_group_norm_silu_launcher zt_group_norm_silu_forward, zt_group_norm_silu_backward;
}
#endif
