// A convolution along the frames of a clip, and perhaps along height and width:
// y_t = b + sum_k W_k * x_(t + k - present), zeros beyond the clip's ends. `present` is the middle of the
// kernel, or its end where it is causal. Of one pixel it is the temporal half of (2+1)-D convolutions (Tran
// et al. 2018, section 3.5; Singer et al. 2022, section 3.2.1), of more a 3-D convolution.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers.hpp"

namespace zoetrope {

class frame_convolution : public weighted_layer {
 public:
  /// How a fresh kernel is drawn.
  enum class fresh {
    fan_in,    ///< as torch draws a convolution of its shape
    zeros,     ///< bias, too
    identity,  ///< y = x to the bit
    picture    ///< as a 2-D convolution would be, in the present frame alone: y_t = b + W * x_t
  };
  struct options {
    int64_t in_channels, out_channels;
    int64_t frames = 3;   ///< of the kernel
    int64_t size = 1;     ///< of the kernel along height and width, odd
    bool causal = false;  ///< later frames are not seen
    bool one_dimensional =
        false;  ///< the weight is stored as [out, in, frames], not [out, in, frames, size, size]
    fresh start = fresh::fan_in;
  };
  explicit frame_convolution(const options& shape);
  /// x: (b f) c h w, of clips of `frames` -> (b f) c' h w, channels-last.
  at::Tensor forward(const at::Tensor& x, int64_t frames) const;

 private:
  /// By any kernel [out, in, frames(, size, size)] of this layer's shape.
  at::Tensor convolved(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias,
                       int64_t frames) const;
  at::Tensor along_frames(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias,
                          int64_t frames) const;
  at::Tensor sum_of_pictures(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias,
                             int64_t frames) const;
  initializer fresh_kernel(const std::vector<int64_t>& shape) const;

  const options shape_;
  const int64_t present_;  ///< the kernel's index of the frame that is computed
};

}  // namespace zoetrope
