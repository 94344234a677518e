// Scaled dot-product attention (Vaswani et al. 2017, eq. 1): softmax(q kᵀ · scale + mask) v, with what
// relative positions add to it. How it is computed is a backend, a part chosen by name; all but `linear` give
// the same result up to rounding, `dense` is the oracle.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>

#include "core/registry.hpp"

namespace zoetrope {

/// Angles by which pairs of channels are turned (RoFormer: Su et al. 2021, eq. 34): channels 2i and 2i + 1 by
/// angle i. Undefined: no rotation.
struct rotation {
  at::Tensor cosine, sine;  ///< [..., tokens, head_dim / 2], f32; leading dimensions broadcast over q's
  bool defined() const { return cosine.defined(); }
};

/// Leading dimensions, one or two ("batch" below), are the same in q, k and v; any strides.
struct attention_input {
  at::Tensor q;                      ///< batch, heads, tokens, head_dim
  at::Tensor k;                      ///< batch, heads, keys, head_dim
  at::Tensor v;                      ///< batch, heads, keys, value_dim
  std::optional<double> scale = {};  ///< 1 / sqrt(head_dim) where absent
  /// Broadcasts to batch, heads, tokens, keys: bool (true may be seen) or floating point (added to the
  /// scores, -infinity hides). A token that sees no key gets zeros.
  at::Tensor mask = {};
  rotation q_rotation = {}, k_rotation = {};
  /// Shaw et al. 2018, eq. 3 and 4: [tokens, keys, head_dim], added to the key (value) of each pair.
  at::Tensor relative_k = {}, relative_v = {};
};

/// What is known of an attention when the net is built.
struct attention_site {
  std::string layout = "spatial";
  int64_t head_dim = 0;  ///< 0: not known yet
  bool masked = false;   ///< some pairs are hidden, or scores get something added
  bool rotated = false;
  bool relative = false;
};

class attention_backend {
 public:
  virtual ~attention_backend() = default;
  /// batch, heads, tokens, value_dim. Differentiable. error{runtime} names shapes that do not fit together.
  virtual at::Tensor forward(const attention_input& input) const = 0;
};

/// error{bad_input} says why for a site that the backend cannot serve.
using attention_backend_maker = std::unique_ptr<attention_backend> (*)(const config& options,
                                                                       const attention_site& site);
registry<attention_backend_maker>& attention_backends();
/// By `type`, `automatic` where it is not there.
std::unique_ptr<attention_backend> make_attention_backend(const config& options,
                                                          const attention_site& site = {});

/// error{runtime} that names the shapes unless they fit together. Backends call it.
void check_attention_shapes(const attention_input& input);
double scale_of(const attention_input& input);
/// What softmax gives: batch, heads, tokens, keys; zeros for a token that sees no key.
at::Tensor attention_weights(const attention_input& input);
/// The same attention with q and k turned and without rotations, for backends that know none.
attention_input rotated(attention_input input);
/// x: batch, heads, tokens, head_dim.
at::Tensor rotated(const at::Tensor& x, const rotation& turn);

}  // namespace zoetrope
