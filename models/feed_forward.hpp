// The position-wise feed-forward layer of a transformer block, gated by GELU (GEGLU: Shazeer 2020) or plain.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/tensor/module.hpp"
#include "models/layers.hpp"
#include "models/token_sum.hpp"
#include "models/work_pieces.hpp"

namespace zoetrope {

class feed_forward : public module {
 public:
  /// activation: geglu (u · gelu(g)), gelu, gelu-approximate (by tanh), geglu-approximate (x · sigmoid(1.702
  /// x)); the inner width is 4 · channels. error{bad_input} for another name.
  explicit feed_forward(int64_t channels, const std::string& activation = "geglu");
  /// [..., channels] -> [..., channels]
  at::Tensor forward(const at::Tensor& x) const;
  /// Adds forward(norm(x)) to x, so many tokens at a time as `pieces` say.
  void add_to(token_sum& x, const layer_norm& norm, const work_pieces& pieces) const;

  /// Projects and activates: [..., channels] -> [..., 4 · channels].
  using inner = at::Tensor (*)(const at::Tensor& x, const linear& proj);

 private:
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
  const inner inner_;
  layers net_;
};

}  // namespace zoetrope
