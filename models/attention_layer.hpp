// Multi-head attention with its four projections (Vaswani et al. 2017, section 3.2.2), and what the UNet
// makes of it: self-attention over the tokens of a frame, cross-attention to text shared by the frames of a
// clip.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "attention/attention.hpp"
#include "core/tensor/module.hpp"
#include "models/layers.hpp"
#include "models/projected_text.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

class attention_layer : public module {
 public:
  struct options {
    int64_t channels;  ///< of the tokens that ask, and of the result
    int64_t heads, head_dim;
    int64_t context_channels = 0;  ///< of the tokens that are asked; 0: the same tokens, or as wide
    bool bias = false;             ///< of q, k, v
    std::string backend = "sdpa";
  };
  explicit attention_layer(const options& options);

 protected:
  /// x: [..., n, c] -> [..., n, heads · head_dim], and split in heads -> [..., heads, n, head_dim], a view.
  at::Tensor split_heads(const at::Tensor& x) const;
  /// batch, heads, tokens, head_dim -> batch, tokens, heads · head_dim
  at::Tensor attend(const at::Tensor& q, const keys_values& context) const;
  at::Tensor project_out(const at::Tensor& x) const { return to_out_[0].forward(x); }

  const int64_t heads_, head_dim_, context_channels_;
  linear to_q_, to_k_, to_v_;

 private:
  const attention_backend backend_;
  module_list<linear> to_out_;
};

/// Tokens of a frame see each other.
class self_attention : public attention_layer {
 public:
  using attention_layer::attention_layer;
  /// (b f) tokens c -> the same
  at::Tensor forward(const at::Tensor& x) const;
};

/// Tokens of all frames see the text of their clip.
class cross_attention : public attention_layer {
 public:
  using attention_layer::attention_layer;
  /// text: [b, tokens, context_channels]
  keys_values project(const at::Tensor& text) const;
  /// (b f) tokens c -> the same. Reads batch and text of the context.
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const;

  int64_t context_channels() const { return context_channels_; }
  /// This layer's place in projected_text.
  std::size_t text_slot = 0;
};

/// All cross-attentions below `root`, in the order of its children, each told its slot.
std::vector<const cross_attention*> assign_text_slots(const module& root);
/// text: [b, tokens, c], projected by each.
projected_text project_text(const std::vector<const cross_attention*>& layers, const at::Tensor& text);

}  // namespace zoetrope
