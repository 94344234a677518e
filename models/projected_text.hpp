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

}  // namespace zoetrope
