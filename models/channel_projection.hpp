// A linear map of token channels whose weight a checkpoint stores either as a matrix or as a 1x1 convolution
// (use_linear_projection); the two are the same map.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers.hpp"

namespace zoetrope {

class channel_projection : public weighted_layer {
 public:
  struct options {
    int64_t in_channels, out_channels;
    bool convolution = false;  ///< the weight is [out, in, 1, 1]
    bool zero_init = false;    ///< fresh weights give 0
  };
  explicit channel_projection(const options& options);
  /// [..., in_channels] -> [..., out_channels]
  at::Tensor forward(const at::Tensor& tokens) const { return project(tokens); }
};

}  // namespace zoetrope
