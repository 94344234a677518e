// The residual block of the UNet: norm, SiLU, conv, time embedding, norm, SiLU, conv. Convolutions see frames
// one by one; what the norms see is their scope: whole clips in an inflated UNet (the 5-D GroupNorm of
// Hotshot-XL), frames in a 2-D one.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "core/tensor/module.hpp"
#include "models/layers.hpp"
#include "models/norm_scope.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

class resnet_block_3d : public module {
 public:
  struct options {
    int64_t in_channels, out_channels;
    int64_t time_channels;  ///< of the time embedding; 0: the block takes none
    int64_t groups = 32;
    int64_t groups_out = 32;  ///< of the second norm
    double eps = 1e-6;
    bool scale_shift = false;  ///< the embedding scales and shifts the second norm instead of being added
    double output_scale_factor = 1.0;  ///< the result is divided by it
    bool shortcut = false;  ///< a 1x1 convolution on the skip path; always there if the channels differ
    bool shortcut_bias = true;
    norm_scope scope = {};  ///< of both norms
  };
  explicit resnet_block_3d(const options& options);
  /// x: (b f) c h w. Reads batch, frames and time of the context.
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const;

 private:
  at::Tensor second_norm(const at::Tensor& h, const unet_context& context) const;

  const options options_;
  group_norm norm1_;
  conv2d conv1_;
  std::unique_ptr<linear> time_emb_proj_;
  group_norm norm2_;
  conv2d conv2_;
  std::unique_ptr<conv2d> conv_shortcut_;
};

}  // namespace zoetrope
