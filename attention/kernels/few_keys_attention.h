/* Attention to at most 128 keys, as from pixels to the 77 tokens of a text: keys and values fit in a block's
 * shared memory and are read once for many queries. Forward only. The equations stand in attention_problem.h;
 * rotations and relative tables are not served here.
 */
#pragma once

#include "attention/kernels/attention_problem.h"

enum { zt_few_keys_most = 128 };

#ifdef __cplusplus
namespace zoetrope {
/* CPU, f32 and f64; threads through at::parallel_for. A row's result depends on nothing but its own query and
 * the keys. */
void few_keys_attention_forward_cpu(const zt_attention& problem);
}  // namespace zoetrope

/* CUDA, in libzoetrope_cuda.so. Asynchronous on `stream`; return a cudaError_t as int,
 * cudaErrorInvalidConfiguration where keys and values do not fit (f32 with more than 190 channels). */
extern "C" {
typedef int zt_attention_launcher(const zt_attention* problem, void* stream);
zt_attention_launcher zt_few_keys_attention_forward;
}
#endif
