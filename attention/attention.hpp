// Scaled dot-product attention (Vaswani et al. 2017, eq. 1): softmax(q kᵀ · scale + mask) v.
// How it is computed is a backend, chosen by name; all give the same result up to rounding, `dense` is the
// oracle.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "core/registry.hpp"

namespace zoetrope {

struct attention_input {
  at::Tensor q;                      ///< batch, heads, tokens, head_dim; any strides
  at::Tensor k;                      ///< batch, heads, keys, head_dim
  at::Tensor v;                      ///< batch, heads, keys, value_dim
  std::optional<double> scale = {};  ///< 1 / sqrt(head_dim) where absent
  /// Broadcasts to batch, heads, tokens, keys: bool (true may be seen) or floating point (added to the
  /// scores). A token that sees no key gets zeros.
  at::Tensor mask = {};
};

/// batch, heads, tokens, value_dim. Differentiable.
using attention_backend = at::Tensor (*)(const attention_input& input);

const registry<attention_backend>& attention_backends();

/// error{runtime} that names the shapes unless they fit together. Backends call it.
void check_attention_shapes(const attention_input& input);

}  // namespace zoetrope
