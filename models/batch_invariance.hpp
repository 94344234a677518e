// Products whose rows do not depend on how many of them pass together, so that a batch may be computed in
// parts and come out the same to the bit. libtorch's own change their order of summation on a CPU: MKL takes
// rows by fours and the last one to three in another way, each thread its share; and libtorch leaves oneDNN
// for a single small picture. Here these few are padded.
#pragma once

#include <ATen/ATen.h>

namespace zoetrope {

/// x Wᵀ + b on the last dimension; bias may be undefined.
inline at::Tensor linear_by_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  constexpr int64_t block = 4;  // of a whole number of them the threads' shares are whole, too
  if (!x.is_cpu() || x.numel() == 0) return at::linear(x, weight, bias);
  // One matrix: strided rows would be multiplied in groups of however many lie side by side.
  const at::Tensor rows = x.reshape({-1, x.size(-1)});
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = weight.size(0);
  const int64_t missing = (block - rows.size(0) % block) % block;
  if (missing == 0) return at::linear(rows, weight, bias).view(shape);
  const at::Tensor padded = at::constant_pad_nd(rows, {0, 0, 0, missing});
  return at::linear(padded, weight, bias).slice(0, 0, rows.size(0)).view(shape);
}

/// n c h w, channels-last -> n c' h' w'; bias may be undefined; padding is one number, or height and width.
inline at::Tensor conv2d_by_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                 int64_t stride, at::IntArrayRef padding) {
  constexpr int64_t small = 20480;  // elements: at::native's use_mkldnn
  if (!x.is_cpu() || x.size(0) != 1 || x.numel() > small) return at::conv2d(x, weight, bias, stride, padding);
  return at::conv2d(x.expand({2, -1, -1, -1}).contiguous(at::MemoryFormat::ChannelsLast), weight, bias,
                    stride, padding)
      .slice(0, 0, 1);
}

}  // namespace zoetrope
