// A residual added, and LayerNorm of the sum (Ba et al. 2016, eqs. 3 and 4), in one pass: what stands between
// two layers of a transformer block.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

struct add_layer_norm_input {
  at::Tensor x;         ///< [..., c]
  at::Tensor residual;  ///< [..., c]
  at::Tensor weight;    ///< [c]
  at::Tensor bias;      ///< [c]
  double eps = 1e-5;
  bool into_x = false;  ///< the sum may take the memory of x where no gradient is recorded
};

struct add_layer_norm_output {
  at::Tensor sum;         ///< x + residual
  at::Tensor normalised;  ///< layer_norm(sum)
};

/// Differentiable in all four tensors, through both results. Our own kernels
/// (models/kernels/layer_norm_rows.*) serve f32 and f64 on a CPU (16-bit types through f32) and f32, f16 and
/// bf16 on a GPU; else it is the reference below. error{runtime} for shapes that do not fit.
add_layer_norm_output add_layer_norm(const add_layer_norm_input& input);

/// Through libtorch's own operators: the oracle.
add_layer_norm_output add_layer_norm_reference(const add_layer_norm_input& input);

}  // namespace zoetrope
