// Attention by what sm_90a adds: products of whole warpgroups (wgmma) and the tensor copy engine. Asked first
// by the kernels of flash_attention.h and few_keys_attention.h, which take what is not served here: other
// devices, f32, a bias, channels other than 64 or 128, rows that the copy engine cannot address.
#pragma once

#include "attention/kernels/attention_problem.h"

namespace zoetrope::hopper {

/// Whether the current device and such q, k and v are those of these kernels.
bool serves(int dtype, int64_t head_dim);

/// Asynchronous on `stream`, on the current device; return a cudaError_t as int, cudaErrorNotSupported where
/// the portable kernel must serve. The problem is one that that kernel serves.
int flash_attention_forward(const zt_attention& problem, void* stream);
int few_keys_attention_forward(const zt_attention& problem, void* stream);

}  // namespace zoetrope::hopper
