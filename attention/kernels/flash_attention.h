/* Attention of any length without the matrix of its scores: tiles of queries against tiles of keys, with a
 * softmax that is corrected as larger scores come (Dao et al. 2022, FlashAttention, algorithm 1; Dao 2023).
 * The equations stand in attention_problem.h; rotations and relative tables are not served here.
 *
 * Of a tile's scores s, with m and l from the tiles before:
 *   m' = max(m, max_j s_ij)    p_ij = exp(s_ij - m')    l' = l exp(m - m') + sum_j p_ij    y' = y exp(m - m')
 * + sum_j p_ij v_j and at the end y / l, lse = m + log l.
 */
#pragma once

#include "attention/kernels/attention_problem.h"

#ifdef __cplusplus
namespace zoetrope {
/* CPU, f32 and f64; threads through at::parallel_for. A row's result depends on nothing but its own query and
 * the keys. */
void flash_attention_forward_cpu(const zt_attention& problem);
void flash_attention_backward_cpu(const zt_attention& problem);
}  // namespace zoetrope

/* CUDA, in libzoetrope_cuda.so. Asynchronous on `stream`; return a cudaError_t as int. */
extern "C" {
typedef int zt_attention_launcher(const zt_attention* problem, void* stream);
zt_attention_launcher zt_flash_attention_forward, zt_flash_attention_backward;
/* 1 if the current device is of compute capability 9.0 and has kernels of its own (hopper_attention.h) for
 * such q, k and v without a bias, else 0. */
typedef int zt_hopper_question(int dtype, int64_t head_dim);
zt_hopper_question zt_hopper_attention_serves;
}
#endif
