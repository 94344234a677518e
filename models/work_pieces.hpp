// Layers that treat their tokens one by one (or frame by frame, pixel by pixel) may do so piece by piece: the
// memory of their intermediate results is then that of a piece, and the result is the same. add_in_pieces of
// models/token_sum.hpp does it.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace zoetrope {

/// How much passes a layer at once; 0: as much as is fastest.
struct work_pieces {
  int64_t attention_frames = 0;  ///< frames' worth of tokens
  int64_t feed_forward_tokens = 0;
  int64_t smallest_bytes = 0;  ///< pieces of less are not made: they would cost time and save next to nothing
};

/// `size` rows of x along `dim`, or more where they are less than `smallest_bytes`; 0 stays 0.
inline int64_t piece_size(const at::Tensor& x, int64_t dim, int64_t size, int64_t smallest_bytes) {
  if (size <= 0) return 0;
  const int64_t row_bytes =
      std::max<int64_t>(static_cast<int64_t>(x.nbytes()) / std::max<int64_t>(x.size(dim), 1), 1);
  return std::max(size, (smallest_bytes + row_bytes - 1) / row_bytes);
}

}  // namespace zoetrope
