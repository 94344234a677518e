// Other shapes of the same elements, made only where they differ: with gradients recorded each view is a node
// of the graph, which costs the host as much as a layer's product does, and a GPU waits for the host.
#pragma once

#include <ATen/ATen.h>

namespace zoetrope {

/// t.view(shape)
inline at::Tensor viewed(const at::Tensor& t, at::IntArrayRef shape) {
  return t.sizes() == shape ? t : t.view(shape);
}

/// [..., c] -> [rows, c]
inline at::Tensor matrix_of(const at::Tensor& t) { return t.dim() == 2 ? t : t.reshape({-1, t.size(-1)}); }

/// [rows, c'] -> [..., c'], as x: [..., c] has its rows
inline at::Tensor with_rows_of(const at::Tensor& x, const at::Tensor& matrix) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = matrix.size(1);
  return viewed(matrix, shape);
}

}  // namespace zoetrope
