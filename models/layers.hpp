// The layers that hold weights. Each is a module whose parameters bear torch's names (weight, bias).
#pragma once

#include <ATen/core/Tensor.h>

#include "core/tensor/module.hpp"

namespace zoetrope {

/// A low-rank change of a weight that is computed beside it instead of being added to it (LoRA: Hu et al.
/// 2021, eq. 3): y += scale · up(down(x)). For a linear layer down is [rank, in] and up [out, rank]; for a
/// convolution down is [rank, in, k, k] with the layer's stride and padding, and up [out, rank, 1, 1].
struct low_rank_adapter {
  at::Tensor down, up;
  double scale = 1.0;
};

/// What linear layers and convolutions share: a weight, perhaps a bias, and changes beside the weight.
class weighted_layer : public module {
 public:
  bool borrows() const override { return true; }
  at::Tensor weight, bias;
  std::vector<low_rank_adapter> adapters;

 protected:
  /// x Wᵀ + b on the last dimension, of the features from part · out / parts on; the weight may be a 1 x 1
  /// convolution.
  at::Tensor project(const at::Tensor& x, int64_t part = 0, int64_t parts = 1) const;
};

/// y = x Wᵀ + b on the last dimension.
class linear : public weighted_layer {
 public:
  linear(int64_t in_features, int64_t out_features, bool bias = true);
  at::Tensor forward(const at::Tensor& x) const { return project(x); }
  /// One of `parts` equal shares of the features alone, contiguous.
  at::Tensor forward_part(const at::Tensor& x, int64_t part, int64_t parts) const {
    return project(x, part, parts);
  }
  const int64_t in_features, out_features;
};

/// n c h w -> n c' h' w'; weights and results in channels-last order.
class conv2d : public weighted_layer {
 public:
  struct options {
    int64_t kernel = 3, stride = 1, padding = 1;
    bool bias = true;
  };
  conv2d(int64_t in_channels, int64_t out_channels, options shape);
  at::Tensor forward(const at::Tensor& x) const { return convolved(x, /*biased=*/true); }
  /// The same in two steps, between which other things may be done.
  at::Tensor forward_unbiased(const at::Tensor& x) const { return convolved(x, /*biased=*/false); }
  at::Tensor with_bias(const at::Tensor& vectors) const;  ///< [..., c'] + bias
  const int64_t in_channels, out_channels;
  const options shape;

 private:
  at::Tensor convolved(const at::Tensor& x, bool biased) const;
};

/// GroupNorm (Wu and He 2018), optionally followed by SiLU in the same pass.
class group_norm : public module {
 public:
  /// error{bad_input} unless `groups` divides `channels`.
  group_norm(int64_t groups, int64_t channels, double eps);
  /// x: (b f) c h w. Statistics run over `frames` consecutive rows of the first dimension together with h and
  /// w: 1 is the per-frame norm, the clip length gives what a norm of the 5-D tensor b c f h w gives.
  /// `shift`: [clips, c], added to x first as models/group_norm_silu.hpp says; undefined: none.
  at::Tensor forward(const at::Tensor& x, int64_t frames = 1, const at::Tensor& shift = {}) const;
  at::Tensor forward_silu(const at::Tensor& x, int64_t frames = 1, const at::Tensor& shift = {}) const;
  const int64_t groups, channels;
  const double eps;
  at::Tensor weight, bias;
};

/// Over the last dimension.
class layer_norm : public module {
 public:
  layer_norm(int64_t features, double eps = 1e-5);
  at::Tensor forward(const at::Tensor& x) const;
  const double eps;
  at::Tensor weight, bias;
};

/// int64 ids [...] -> [..., features]; an id outside the table is an error{bad_input}.
class embedding : public module {
 public:
  embedding(int64_t count, int64_t features);
  at::Tensor forward(const at::Tensor& ids) const;
  const int64_t count;
  at::Tensor weight;
};

}  // namespace zoetrope
