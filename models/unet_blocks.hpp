// The blocks of the UNet (Ronneberger et al. 2015): one resolution each, down, in the middle, and up. A layer
// of a block is a resnet, with a temporal module of its own where the config names one, then a spatial
// transformer where the block has cross-attention, then a temporal module where it is inflated.
#pragma once

#include <vector>

#include "models/resampling.hpp"
#include "models/resnet_block.hpp"
#include "models/temporal_module.hpp"
#include "models/transformer_spatial.hpp"
#include "models/unet_options.hpp"

namespace zoetrope {

class unet_block : public module {
 public:
  /// The longest clip that positional tables of this block hold; 0 where there is no limit.
  int64_t maximum_frames() const;

 protected:
  unet_block(const unet_options& unet, const unet_block_options& block) : unet_(unet), block_(block) {}

  void add_resnet(int64_t in_channels);
  void add_spatial(std::size_t layer);
  void add_temporal();
  /// Children are registered last, so that empty lists leave no trace.
  void register_layers();
  /// Resnet i and the temporal module behind it, where there is one.
  at::Tensor run_resnet(std::size_t i, const at::Tensor& x, const unet_context& context) const;
  /// Resnet, spatial transformer, temporal module of layer i, each where there is one.
  at::Tensor run_layer(std::size_t i, const at::Tensor& x, const unet_context& context) const;

  /// Of temporal modules.
  temporal_site site() const;

  const unet_options unet_;
  const unet_block_options block_;
  module_list<resnet_block> resnets_;
  module_list<temporal_module> temp_convs_;  ///< behind the resnets, one each or none
  module_list<transformer_spatial> attentions_;
  module_list<temporal_module> temporal_attentions_;
};

class unet_down_block : public unet_block {
 public:
  unet_down_block(const unet_options& unet, const unet_block_options& block);
  /// x: (b f) c h w. Appends what each layer and the downsampler returns to `skips`.
  at::Tensor forward(at::Tensor x, const unet_context& context, std::vector<at::Tensor>& skips) const;

 private:
  module_list<downsample_3d> downsamplers_;
};

class unet_mid_block : public unet_block {
 public:
  unet_mid_block(const unet_options& unet, const unet_block_options& block);
  at::Tensor forward(at::Tensor x, const unet_context& context) const;
};

class unet_up_block : public unet_block {
 public:
  unet_up_block(const unet_options& unet, const unet_block_options& block);
  /// Takes one skip feature a layer from the end of `skips`, and grows to the size of the next one.
  at::Tensor forward(at::Tensor x, const unet_context& context, std::vector<at::Tensor>& skips) const;

 private:
  module_list<upsample_3d> upsamplers_;
};

}  // namespace zoetrope
