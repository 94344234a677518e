// The position-wise feed-forward layer of a transformer block, gated by GELU (GEGLU: Shazeer 2020) or plain.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/registry.hpp"
#include "core/tensor/module.hpp"
#include "models/layers.hpp"
#include "models/token_sum.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

/// What stands between a layer's two products.
struct feed_forward_activation {
  /// Projects and activates: [..., channels] -> [..., 4 · channels].
  using function = at::Tensor (*)(const at::Tensor& x, const linear& proj);
  function of;
  bool gated = false;  ///< proj is twice as wide: a value and its gate
};
/// geglu (u · gelu(g)), gelu, gelu-approximate (by tanh), geglu-approximate (x · sigmoid(1.702 x)).
const registry<feed_forward_activation>& feed_forward_activations();

class feed_forward : public module {
 public:
  /// The inner width is 4 · channels. error{bad_input} for a name that is no feed_forward_activation's.
  explicit feed_forward(int64_t channels, const std::string& activation = "geglu");
  /// [..., channels] -> [..., channels]
  at::Tensor forward(const at::Tensor& x) const;
  /// Adds forward(norm(x)) to x, so many tokens at a time as the context's pieces say. Where the context has
  /// it recomputed: all up to the second product.
  void add_to(token_sum& x, const layer_norm& norm, const unet_context& context) const;

 private:
  /// norm and inner_: what is widest, and computed again for a third of the layer's arithmetic less.
  at::Tensor inner_again(const at::Tensor& x, const layer_norm& norm) const;

  // "net.0.proj" and "net.2" in checkpoints; net.1 is dropout, without weights.
  struct layers : public module {
    struct first : public module {
      first(int64_t channels, int64_t width) : proj(channels, width) { add_child("proj", proj); }
      linear proj;
    };
    layers(int64_t channels, int64_t inner_channels, bool gated);
    first in;
    linear out;
  };
  const feed_forward_activation::function inner_;
  layers net_;
};

}  // namespace zoetrope
