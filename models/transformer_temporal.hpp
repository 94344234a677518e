// The temporal transformer of AnimateDiff (Guo et al. 2023) and Hotshot-XL, and its relatives:
// x + proj_out(blocks(proj_in(norm(x)))). A block is a list of attentions, each on normed tokens, and a
// feed-forward layer. By default two self-attentions over the frames of a pixel, which are told apart by a
// sinusoid.
#pragma once

#include <string>
#include <vector>

#include "models/attention_layer.hpp"
#include "models/channel_projection.hpp"
#include "models/feed_forward.hpp"
#include "models/layers.hpp"
#include "models/norm_scope.hpp"
#include "models/temporal_module.hpp"

namespace zoetrope {

class transformer_temporal : public temporal_module {
 public:
  enum class attention { self, cross };
  struct options {
    int64_t in_channels, heads = 8, head_dim;
    int64_t depth = 1;                                                    ///< blocks
    std::vector<attention> attentions{attention::self, attention::self};  ///< of a block
    int64_t text_channels = 0;  ///< of the text that cross-attentions see
    int64_t groups = 32;        ///< of the norm, whose eps is 1e-6
    norm_scope scope = {};
    bool zero_init = false;  ///< proj_out starts at zero, so a fresh module is the identity
    int64_t maximum_frames = 24;
    bool attention_bias = false;
    std::string activation = "geglu";
    bool token_shift = false;  ///< the feed-forward layer sees half of its channels one frame late
    config parts = config();   ///< layout, pattern, position, backend of the self-attentions
  };
  explicit transformer_temporal(const options& options);
  /// error{usage} for more frames than a positional table holds.
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const override;
  bool fresh_is_identity() const override { return zero_init_; }
  int64_t maximum_frames() const override;

 private:
  struct block : public module {
    explicit block(const options& options);
    at::Tensor forward(at::Tensor x, const clip_size& size, const unet_context& context) const;
    const bool token_shift;
    module_list<attention_layer> attention_blocks;
    module_list<layer_norm> norms;
    feed_forward ff;
    layer_norm ff_norm;
  };
  const norm_scope scope_;
  const bool zero_init_;
  group_norm norm_;
  channel_projection proj_in_;
  module_list<block> transformer_blocks_;
  channel_projection proj_out_;
};

}  // namespace zoetrope
