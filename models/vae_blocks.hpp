// What the VAE's encoder and decoder are made of: residual blocks, self-attention over the pixels, and levels
// of them that end in a halving or doubling (Rombach et al. 2022, appendix E.1). Activations are b c h w in
// channels-last order; blocks take them by value, so that a caller that moves them in frees them early.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "core/tensor/module.hpp"
#include "models/activation.hpp"
#include "models/attention_layer.hpp"
#include "models/layers.hpp"
#include "models/resampling.hpp"

namespace zoetrope {

/// The epsilon of every norm of the VAE.
constexpr double vae_norm_eps = 1e-6;

struct vae_block_options {
  int64_t norm_groups = 32;
  activation act = nullptr;  ///< nullptr: SiLU, in the same pass as the norm
};

/// x + conv(act(norm(conv(act(norm(x)))))); x through a 1x1 convolution where the channels change.
class vae_resnet : public module {
 public:
  vae_resnet(int64_t in_channels, int64_t out_channels, const vae_block_options& options);
  at::Tensor forward(at::Tensor x) const;

 private:
  at::Tensor activated(const group_norm& norm, const at::Tensor& x) const;

  const activation act_;
  group_norm norm1_;
  conv2d conv1_;
  group_norm norm2_;
  conv2d conv2_;
  std::unique_ptr<conv2d> conv_shortcut_;
};

/// x + attention(norm(x)): all pixels of an image see each other, in one head with biases.
class vae_attention : public self_attention {
 public:
  vae_attention(int64_t channels, const vae_block_options& options);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  group_norm group_norm_;
};

/// resnet, attention, resnet.
class vae_mid_block : public module {
 public:
  vae_mid_block(int64_t channels, bool attention, const vae_block_options& options);
  at::Tensor forward(at::Tensor x) const;

 private:
  module_list<vae_resnet> resnets_;
  module_list<vae_attention> attentions_;
};

/// Resnets at one resolution, each followed by an attention if there are any, then the way to the next
/// resolution.
class vae_level : public module {
 public:
  enum class next { same_size, half, twice };
  struct options {
    int64_t in_channels, out_channels;
    int64_t layers;
    bool attention;
    next size;
  };
  vae_level(const options& shape, const vae_block_options& options);
  at::Tensor forward(at::Tensor x) const;

 private:
  module_list<vae_resnet> resnets_;
  module_list<vae_attention> attentions_;
  module_list<downsample_3d> downsamplers_;
  module_list<upsample_3d> upsamplers_;
};

}  // namespace zoetrope
