/* Attention of 1 to 64 tokens to 1 to 64 keys, as along the frames of a clip: one (pixel, head) is a job of
 * its own, its softmax never leaves registers (on a CPU: the first cache), and q, k, v, y lie wherever their
 * strides say. The equations stand in attention_problem.h.
 */
#pragma once

#include "attention/kernels/attention_problem.h"

enum { zt_short_attention_most = 64 /* tokens and keys */, zt_attention_widest = 256 /* head_dim */ };

#ifdef __cplusplus
namespace zoetrope {
/* CPU, f32 and f64; threads through at::parallel_for. No result depends on the number of threads, nor on what
 * else is in the batch. Backward recomputes the softmax: it reads q, k, v, dy, bias and rotations, and no
 * relative tables. */
void short_attention_forward_cpu(const zt_attention& problem);
void short_attention_backward_cpu(const zt_attention& problem);
}  // namespace zoetrope

/* CUDA, in libzoetrope_cuda.so. Asynchronous on `stream`; return a cudaError_t as int. */
extern "C" {
typedef int zt_attention_launcher(const zt_attention* problem, void* stream);
zt_attention_launcher zt_short_attention_forward, zt_short_attention_backward;
}
#endif
