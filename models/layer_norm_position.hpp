// LayerNorm, a table of positions added to its result, and a change of layout, in one pass: what a
// transformer does ahead of attention along another axis than the one its tokens lie along. LayerNorm: Ba et
// al. 2016, eqs. 3 and 4.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

/// How the memory of a result is ordered, slowest first; channels are always last.
enum class token_order { b_f_p, b_p_f };

struct layer_norm_position_input {
  at::Tensor x;  ///< b f p c (batch, frames, positions, channels), any strides; fastest where channels are
                 ///< contiguous
  at::Tensor weight;  ///< [c]
  at::Tensor bias;    ///< [c]
  at::Tensor table;   ///< broadcastable to f p c, or undefined
  double eps = 1e-5;
  token_order order = token_order::b_f_p;
};

/// layer_norm(x) + table, of shape b f p c whatever the order of its memory. Differentiable in all four
/// tensors. Our own kernels (models/kernels/layer_norm_rows.*) serve f32 and f64 on a CPU (16-bit types
/// through f32) and f32, f16 and bf16 on a GPU; else it is the reference below. error{runtime} for shapes
/// that do not fit.
at::Tensor layer_norm_position(const layer_norm_position_input& input);

/// Through libtorch's own operators: the oracle.
at::Tensor layer_norm_position_reference(const layer_norm_position_input& input);

}  // namespace zoetrope
