// Attention of any length by our own kernels, without the matrix of its scores
// (attention/kernels/flash_attention.h).
#pragma once

#include "attention/attention.hpp"

namespace zoetrope {

/// Reads q, k and v where they lie; the result lies as q does. Masks are served; rotations are done before,
/// by libtorch's operators. See attend_by for gradients and errors; error{runtime} for relative tables.
at::Tensor flash_attention(const attention_input& input);

/// The same for at most 128 keys, which then stay in shared memory for many queries
/// (attention/kernels/few_keys_attention.h). No gradient may be recorded.
at::Tensor few_keys_attention(const attention_input& input);
/// Whether few_keys_attention serves such an input, and no gradient is wanted.
bool has_few_keys(const attention_input& input);

/// Whether both are served by kernels for compute capability 9.0 (attention/kernels/hopper_attention.h) on
/// the device of such an input, and no gradient is wanted. In a run without memory: no.
bool has_hopper_kernels(const attention_input& input);

}  // namespace zoetrope
