// Attention among at most 64 tokens, as along the frames of a clip, by our own kernels
// (attention/kernels/short_attention.h).
#pragma once

#include "attention/attention.hpp"

namespace zoetrope {

/// Reads q, k and v where they lie; the result lies as q does. Rotations, masks and relative tables are
/// served. See attend_by for gradients and errors; error{usage} for more than 64 tokens or keys.
at::Tensor short_attention(const attention_input& input);

}  // namespace zoetrope
