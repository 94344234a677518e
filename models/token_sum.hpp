// The running sum of a transformer block: tokens, and what its last layer adds to them. On a GPU the addition
// waits for the norm ahead of the next layer, which does both in one pass over memory
// (models/add_layer_norm.hpp); on a CPU it is done at once.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "models/layers.hpp"

namespace zoetrope {

class token_sum {
 public:
  /// [..., c], contiguous. The sum takes this memory, which nobody else may hold, unless gradients are
  /// recorded.
  explicit token_sum(at::Tensor tokens) : tokens_(std::move(tokens)) {}

  /// `more` has as many elements, in the same order.
  void add(const at::Tensor& more);
  const at::Tensor& total();
  /// norm(total()), fresh.
  at::Tensor normed(const layer_norm& norm);

  /// Shape, dtype and device are the sum's, values need not be.
  const at::Tensor& like() const { return tokens_; }
  /// The same elements in another shape.
  void view_as(at::IntArrayRef shape);

 private:
  at::Tensor tokens_, awaited_;
};

/// x + layer(x), `size` of x's rows along `dim` at a time; the layer is handed a token_sum. With 0, or where
/// gradients are recorded, all at once.
template <class Layer>
void add_in_pieces(token_sum& x, int64_t dim, int64_t size, const Layer& layer) {
  if (size <= 0 || size >= x.like().size(dim) || c10::GradMode::is_enabled()) return x.add(layer(x));
  for (at::Tensor& piece : x.total().split(size, dim)) {
    token_sum part(piece);
    piece.add_(layer(part).view(piece.sizes()));
  }
}

}  // namespace zoetrope
