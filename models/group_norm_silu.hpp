// GroupNorm, over frames or over whole clips, with an optional SiLU in the same pass.
// Wu and He 2018, eq. 1: y = (x - mean_g) / sqrt(var_g + eps) * weight_c + bias_c.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

struct group_norm_silu_input {
  at::Tensor x;       ///< (b f) c h w, any strides; channels-last is fastest
  at::Tensor weight;  ///< [c]
  at::Tensor bias;    ///< [c]
  int64_t groups;
  double eps;
  int64_t frames = 1;  ///< rows of the first dimension that share statistics
  bool silu = false;
  at::Tensor shift = {};  ///< [clips, c], added to x first; by the kernel on a GPU, else into the memory of
                          ///< x, which nobody else may hold, unless gradients are recorded
};

/// (b f) c h w, channels-last. Differentiable in x, weight, bias and shift. Our own kernels (models/kernels)
/// serve f32 and f64 on a CPU and f32, f16 and bf16 on a GPU; 16-bit types on a CPU go through f32; else it
/// is the reference below. error{runtime} for shapes that do not fit.
at::Tensor group_norm_silu(const group_norm_silu_input& input);

/// The same through libtorch's own operators: the oracle.
at::Tensor group_norm_silu_reference(const group_norm_silu_input& input);

}  // namespace zoetrope
