/* LayerNorm over rows of channels (Ba et al. 2016, eqs. 3 and 4), with what stands before and after it in a
 * transformer in the same pass: a residual that is added first, a table (of positions) that is added last,
 * and another order of rows.
 *
 *   s = x + residual     h = (s - mean) * rstd     y = h * weight + bias + table
 *   with dz = dy * weight:  dx = rstd * (dz - mean(dz) - h * mean(dz h)) + dsum     dweight = sum dy h dbias
 * = sum dy
 *
 * A row has a batch, a frame and a position; its channels are contiguous.
 */
#pragma once

#include <stdint.h>

#include "core/cuda/dtype.h"

struct zt_layer_norm_rows {
  int64_t batch, frames, positions, channels;
  int64_t x_stride[3];     /* elements to the next batch, frame and position of x */
  int64_t y_stride[3];     /* of y and dy */
  int64_t table_stride[2]; /* to the next frame and position; 0 where one row serves all */
  double eps;
  int dtype; /* zt_dtype of all that is not said to be otherwise; f64 on the CPU only */
  const void* x;
  const void* residual; /* [batch, frames, positions, channels], or null: s is x */
  const void* weight;   /* [channels] */
  const void* bias;     /* [channels] */
  const void* table;    /* or null */
  void* sum; /* s, in the order of residual; may be x where that is contiguous. Null without residual */
  void* y;
  void* mean; /* [batch, frames, positions] in f32, or f64 for f64; null if nobody needs it. Backward reads it
               */
  void* rstd;
  const void* dy;   /* backward only, as are those below; x is s there, and residual is null */
  const void* dsum; /* gradient of s itself, in the order of residual, or null */
  void* dx;         /* in the order of residual */
  void* dweight;    /* [channels] in f32, or f64 for f64; null, as dbias is then, if nobody needs them */
  void* dbias;
  float* workspace; /* CUDA only: zt_layer_norm_rows_workspace floats */
};

#ifdef __cplusplus
namespace zoetrope {
/* CPU, f32 and f64; threads through at::parallel_for. The result does not depend on the number of threads. */
void layer_norm_rows_forward_cpu(const zt_layer_norm_rows& problem);
void layer_norm_rows_backward_cpu(const zt_layer_norm_rows& problem);
}  // namespace zoetrope

/* CUDA, f32, f16 and bf16. Asynchronous on `stream`; return a cudaError_t as int. The workspace is for
 * backward. */
extern "C" {
typedef int64_t zt_layer_norm_rows_workspace_function(const zt_layer_norm_rows* problem);
typedef int zt_layer_norm_rows_launcher(const zt_layer_norm_rows* problem, void* stream);
zt_layer_norm_rows_workspace_function zt_layer_norm_rows_workspace;
zt_layer_norm_rows_launcher zt_layer_norm_rows_forward, zt_layer_norm_rows_backward;
}
#endif
