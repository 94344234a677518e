// The torch side of the kernels layer_norm_rows, for the bindings layer_norm_position and add_layer_norm.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

/// Tensors of shape b f p c with contiguous channels, all of one dtype that kernel_dtype gave; weight and
/// bias are contiguous.
struct layer_norm_rows {
  at::Tensor x, residual, weight, bias,
      table;  ///< residual: contiguous, or undefined, as table (f p c, any strides) may be
  double eps;
};

struct row_statistics {
  at::Tensor mean, rstd;  ///< [rows], f32 or f64; undefined where nobody needs them
};
row_statistics empty_statistics(const at::Tensor& x);

/// y of any layout; sum contiguous (x itself, perhaps), or undefined without residual.
void layer_norm_rows_forward(const layer_norm_rows& in, const at::Tensor& sum, const at::Tensor& y,
                             const row_statistics& statistics);

struct layer_norm_gradients {
  at::Tensor dx, dweight, dbias;  ///< dx contiguous; the others undefined unless `of_parameters`
};
/// in.x is what was normalised; dy has contiguous channels; dsum is contiguous or undefined.
layer_norm_gradients layer_norm_rows_backward(const layer_norm_rows& in, const row_statistics& statistics,
                                              const at::Tensor& dy, const at::Tensor& dsum,
                                              bool of_parameters);

}  // namespace zoetrope
