// Keys and values of the text in every cross-attention, projected once a clip instead of once a step and
// frame.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace zoetrope {

struct keys_values {
  at::Tensor k, v;  ///< batch, heads, tokens, head_dim
};

/// Held per batch row, not per frame: all frames of a clip see the same text.
struct projected_text {
  std::vector<keys_values> layers;  ///< in the order in which the cross-attentions run
};

/// `count` batch rows from `first` on, views of the same memory.
inline projected_text rows_of(const projected_text& text, int64_t first, int64_t count) {
  projected_text rows;
  for (const keys_values& layer : text.layers)
    rows.layers.push_back({layer.k.narrow(0, first, count), layer.v.narrow(0, first, count)});
  return rows;
}

}  // namespace zoetrope
