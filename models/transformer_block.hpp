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
    config self_parts = config(),
           cross_parts = config();  ///< layout, pattern, position, backend of the attentions
  };
  explicit transformer_block(const options& options);
  /// (b f) (h w) c -> the same; adds into x unless gradients are recorded.
  at::Tensor forward(at::Tensor x, const clip_size& size, const unet_context& context) const;
  int64_t maximum_frames() const { return attn1_->maximum_frames(); }

 private:
  layer_norm norm1_;
  std::unique_ptr<attention_layer> attn1_;
  std::unique_ptr<layer_norm> norm2_;  // with attn2, where there is text
  std::unique_ptr<cross_attention> attn2_;
  layer_norm norm3_;
  feed_forward ff_;
};

}  // namespace zoetrope
