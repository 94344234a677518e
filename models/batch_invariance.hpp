// Products whose rows do not depend on how many of them pass together, so that a batch may be computed in
// parts and come out the same to the bit. libtorch's own change their order of summation on a CPU: MKL takes
// rows by fours and the last one to three in another way, each thread its share; and libtorch leaves oneDNN
// for a single small picture, and for kernels of one pixel where one thread has fewer than 16 pictures. Here
// these few are padded, and such kernels are products of matrices.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>

#include "models/views.hpp"

namespace zoetrope {

/// x Wᵀ + b on the last dimension; bias may be undefined.
inline at::Tensor linear_by_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  constexpr int64_t block = 4;  // of a whole number of them the threads' shares are whole, too
  if (x.numel() == 0) return at::linear(x, weight, bias);
  // One matrix: strided rows would be multiplied in groups of however many lie side by side.
  const at::Tensor rows = matrix_of(x);
  const int64_t missing = x.is_cpu() ? (block - rows.size(0) % block) % block : 0;
  if (missing == 0) return with_rows_of(x, at::linear(rows, weight, bias));
  const at::Tensor padded = at::constant_pad_nd(rows, {0, 0, 0, missing});
  return with_rows_of(x, at::linear(padded, weight, bias).slice(0, 0, rows.size(0)));
}

/// n c h w, channels-last -> n c' h' w'; bias may be undefined; padding is one number, or height and width.
inline at::Tensor conv2d_by_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                 int64_t stride, at::IntArrayRef padding) {
  constexpr int64_t small = 20480;  // elements: at::native's use_mkldnn
  const bool is_pointwise = weight.size(2) == 1 && weight.size(3) == 1 && stride == 1 &&
                            std::all_of(padding.begin(), padding.end(), [](int64_t p) { return p == 0; });
  if (is_pointwise)  // on a GPU, too: the product adds the bias, the convolution does it in another pass
    return linear_by_rows(x.permute({0, 2, 3, 1}), weight.flatten(1), bias).permute({0, 3, 1, 2});
  if (!x.is_cpu()) return at::conv2d(x, weight, bias, stride, padding);
  // The strides of pictures of one pixel tell libtorch no order; these do.
  const at::Tensor pictures =
      x.size(2) == 1 && x.size(3) == 1
          ? x.flatten(1).contiguous().view({x.size(0), 1, 1, -1}).permute({0, 3, 1, 2})
          : x;
  if (x.size(0) != 1 || x.numel() > small) return at::conv2d(pictures, weight, bias, stride, padding);
  return at::conv2d(pictures.expand({2, -1, -1, -1}).contiguous(at::MemoryFormat::ChannelsLast), weight, bias,
                    stride, padding)
      .slice(0, 0, 1);
}

}  // namespace zoetrope
