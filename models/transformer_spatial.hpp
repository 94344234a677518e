// The spatial transformer of Stable Diffusion (Rombach et al. 2022, section 3.3), frame by frame:
// x + proj_out(blocks(proj_in(norm(x)))). Hotshot-XL's Transformer3DModel, diffusers' Transformer2DModel.
#pragma once

#include "models/channel_projection.hpp"
#include "models/layers.hpp"
#include "models/transformer_block.hpp"

namespace zoetrope {

class transformer_spatial : public module {
 public:
  struct options {
    int64_t in_channels;
    int64_t depth = 1;                 ///< blocks
    int64_t groups = 32;               ///< of the norm, which sees single frames; its eps is 1e-6
    bool linear_projection = false;    ///< else proj_in and proj_out are 1x1 convolutions
    bool zero_init = false;            ///< a fresh module is the identity, as Hotshot-XL builds it
    transformer_block::options block;  ///< block.channels = heads · head_dim need not be in_channels
  };
  explicit transformer_spatial(const options& options);
  /// (b f) c h w -> the same
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const;
  /// The longest clip that positional tables hold; 0 where there is no limit.
  int64_t maximum_frames() const;

 private:
  group_norm norm_;
  channel_projection proj_in_;
  module_list<transformer_block> transformer_blocks_;
  channel_projection proj_out_;
};

}  // namespace zoetrope
