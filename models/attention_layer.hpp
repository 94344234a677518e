// Multi-head attention with its four projections (Vaswani et al. 2017, section 3.2.2), on normed tokens and
// added to them: self-attention of a clip's tokens in any layout, and cross-attention to text shared by the
// frames of a clip.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attention/attention_parts.hpp"
#include "core/tensor/module.hpp"
#include "models/layers.hpp"
#include "models/projected_text.hpp"
#include "models/token_sum.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

class attention_layer : public module {
 public:
  struct options {
    int64_t channels;  ///< of the tokens that ask, and of the result
    int64_t heads, head_dim;
    int64_t context_channels = 0;  ///< of the tokens that are asked; 0: the same tokens, or as wide
    bool bias = false;             ///< of q, k, v
    config parts = config();       ///< layout, pattern, position, backend
    attention_defaults defaults = {};
    int64_t maximum_frames = 24;  ///< rows of positional tables that name no other number
  };
  explicit attention_layer(const options& options);
  /// Adds attention(norm(x)) to x, (b f) (h w) c; piece by piece where tokens can be told apart that do not
  /// see each other.
  virtual void add_to(token_sum& x, const layer_norm& norm, const clip_size& size,
                      const unet_context& context) const = 0;
  int64_t maximum_frames() const { return parts_.position().maximum_frames(); }
  const attention_parts& parts() const { return parts_; }
  /// Told of each attention before it is computed (attention_parts::observe).
  void observe(attention_parts::observer see) { parts_.observe(std::move(see)); }

 protected:
  /// [..., n, c] -> [..., n, heads, head_dim], a view.
  at::Tensor split_heads(const at::Tensor& x) const { return x.unflatten(-1, {heads_, head_dim_}); }
  /// Normed tokens and what the position adds to them: b f (h w) c, any strides -> (b f) (h w) c.
  at::Tensor placed(const at::Tensor& x, const layer_norm& norm, const clip_size& size) const;
  at::Tensor project_out(const at::Tensor& x) const { return to_out_[0].forward(x); }

  const int64_t heads_, head_dim_, context_channels_;
  linear to_q_, to_k_, to_v_;
  attention_parts parts_;

 private:
  module_list<linear> to_out_;
};

/// The tokens of a clip see each other, as the layout says.
class self_attention : public attention_layer {
 public:
  explicit self_attention(const options& options);
  /// error{usage} for more frames than a positional table holds.
  void add_to(token_sum& x, const layer_norm& norm, const clip_size& size,
              const unet_context& context) const override;

 protected:
  /// Of tokens that are normed and placed: (b f) (h w) c -> the same.
  at::Tensor attended(const at::Tensor& tokens, const clip_size& size) const;
};

/// Tokens of all frames see the text of their clip.
class cross_attention : public attention_layer {
 public:
  explicit cross_attention(options options);
  /// text: [b, tokens, context_channels]
  keys_values project(const at::Tensor& text) const;
  /// Reads the text of the context.
  void add_to(token_sum& x, const layer_norm& norm, const clip_size& size,
              const unet_context& context) const override;

  int64_t context_channels() const { return context_channels_; }
  /// This layer's place in projected_text.
  std::size_t text_slot = 0;
};

/// All cross-attentions below `root`, in the order of its children, each told its slot.
std::vector<const cross_attention*> assign_text_slots(const module& root);
/// text: [b, tokens, c], projected by each.
projected_text project_text(const std::vector<const cross_attention*>& layers, const at::Tensor& text);

}  // namespace zoetrope
