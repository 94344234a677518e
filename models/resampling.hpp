// Halving and doubling of height and width, frame by frame.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <memory>

#include "core/tensor/module.hpp"
#include "models/layers.hpp"

namespace zoetrope {

class downsample_3d : public module {
 public:
  struct options {
    int64_t in_channels, out_channels;
    bool convolution = true;  ///< false: the mean of 2x2 pixels
    int64_t padding = 1;      ///< 0 pads one pixel below and to the right only
  };
  explicit downsample_3d(const options& options);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  const int64_t padding_;
  std::unique_ptr<conv2d> conv_;
};

class upsample_3d : public module {
 public:
  struct options {
    int64_t in_channels, out_channels;
    bool convolution = true;  ///< after the interpolation
  };
  explicit upsample_3d(const options& options);
  /// To twice the size by nearest neighbour, or to `size` (height, width).
  at::Tensor forward(const at::Tensor& x) const { return forward(x, {x.size(2) * 2, x.size(3) * 2}); }
  at::Tensor forward(const at::Tensor& x, std::array<int64_t, 2> size) const;

 private:
  bool takes_phases(const at::Tensor& x, std::array<int64_t, 2> size) const;
  std::unique_ptr<conv2d> conv_;
};

}  // namespace zoetrope
