// The temporal transformer of AnimateDiff (Guo et al. 2023) as Hotshot-XL inserts it: each pixel attends to
// itself along the frames, x + proj_out(blocks(proj_in(norm(x)))). A block is two self-attentions over frames
// and a feed-forward layer; frames are told apart by a sinusoid added to the normed tokens.
#pragma once

#include <string>

#include "models/attention_layer.hpp"
#include "models/feed_forward.hpp"
#include "models/layers.hpp"

namespace zoetrope {

/// softmax over frames, per pixel, of normed tokens + positional encoding.
class temporal_attention : public attention_layer {
 public:
  /// maximum_frames: rows of the positional table.
  temporal_attention(const options& options, int64_t maximum_frames);
  /// x: b f pixels c, contiguous -> the same shape. f is at most maximum_frames.
  at::Tensor forward(const at::Tensor& x) const;

 private:
  // "pos_encoder.positional_encoding" [1, frames, c]: a buffer of the file
  struct position_table : public module {
    position_table(int64_t frames, int64_t channels);
    at::Tensor positional_encoding;
  };
  position_table pos_encoder_;
};

class transformer_temporal : public module {
 public:
  struct options {
    int64_t in_channels, heads = 8, head_dim;
    int64_t depth = 1;    ///< blocks
    int64_t groups = 32;  ///< of the norm, which sees single frames; its eps is 1e-6
    int64_t maximum_frames = 24;
    bool attention_bias = false;
    std::string activation = "geglu";
    std::string backend = "sdpa";
  };
  explicit transformer_temporal(const options& options);
  /// (b f) c h w -> the same; error{usage} for more frames than the positional table holds.
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const;

 private:
  struct block : public module {
    explicit block(const options& options);
    at::Tensor forward(at::Tensor x, const work_pieces& pieces) const;  // b f pixels c
    module_list<temporal_attention> attention_blocks;
    module_list<layer_norm> norms;
    feed_forward ff;
    layer_norm ff_norm;
  };
  const int64_t maximum_frames_;
  group_norm norm_;
  linear proj_in_;
  module_list<block> transformer_blocks_;
  linear proj_out_;
};

}  // namespace zoetrope
