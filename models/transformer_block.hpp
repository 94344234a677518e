// One block of the spatial transformer: self-attention, cross-attention, feed-forward, each on normed tokens
// and added to them (diffusers' BasicTransformerBlock).
#pragma once

#include <memory>

#include "models/attention_layer.hpp"
#include "models/feed_forward.hpp"

namespace zoetrope {

class transformer_block : public module {
 public:
  struct options {
    int64_t channels, heads, head_dim;
    int64_t context_channels = 0;       ///< of the text; 0: no cross-attention
    bool only_cross_attention = false;  ///< the first attention is to the text as well
    bool attention_bias = false;
    std::string activation = "geglu";
    std::string backend = "sdpa";
  };
  explicit transformer_block(const options& options);
  /// (b f) tokens c -> the same; adds into x unless gradients are recorded.
  at::Tensor forward(at::Tensor x, const unet_context& context) const;

 private:
  layer_norm norm1_;
  std::unique_ptr<self_attention> self_;  // attn1, one of the two
  std::unique_ptr<cross_attention> first_;
  std::unique_ptr<layer_norm> norm2_;
  std::unique_ptr<cross_attention> cross_;  // attn2
  layer_norm norm3_;
  feed_forward ff_;
};

}  // namespace zoetrope
