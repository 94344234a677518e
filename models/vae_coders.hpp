// The two halves of the VAE: levels of resnets down to the latents, and up again (Rombach et al. 2022,
// appendix E.1).
#pragma once

#include <ATen/core/Tensor.h>

#include "models/vae_blocks.hpp"
#include "models/vae_options.hpp"

namespace zoetrope {

/// A convolution that reports what it returns.
class reporting_conv2d : public conv2d {
 public:
  using conv2d::conv2d;
  at::Tensor forward(const at::Tensor& x) const { return tapped(conv2d::forward(x)); }
};

class vae_encoder : public module {
 public:
  explicit vae_encoder(const vae_options& options);
  /// b 3 h w -> b (2 c) h' w': mean and logvar, before quant_conv
  at::Tensor forward(const at::Tensor& image) const;

 private:
  reporting_conv2d conv_in_;
  module_list<vae_level> down_blocks_;
  vae_mid_block mid_block_;
  group_norm conv_norm_out_;
  conv2d conv_out_;
};

class vae_decoder : public module {
 public:
  explicit vae_decoder(const vae_options& options);
  /// b c h w, after post_quant_conv -> b 3 h' w'
  at::Tensor forward(const at::Tensor& latents) const;

 private:
  reporting_conv2d conv_in_;
  vae_mid_block mid_block_;
  module_list<vae_level> up_blocks_;
  group_norm conv_norm_out_;
  conv2d conv_out_;
};

}  // namespace zoetrope
