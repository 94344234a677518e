// Doubling by nearest neighbour and then a 3x3 convolution, computed on the small picture. An output pixel
// sees each source pixel in one of four fixed patterns: the two are a transposed convolution with a 4x4
// kernel and stride 2, or one 2x2 convolution for each phase, whose results are shuffled into place
// (sub-pixel convolution, Shi et al. 2016). 4/9 of the products.
//
//   small picture    p0   p1   p2        an output pixel sees rows     even: w0 p0 + (w1 + w2) p1
//   doubled       p0 p0 p1 p1 p2 p2      of p1:                        odd:  (w0 + w1) p1 + w2 p2
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

/// Whether it is the faster way: in 16 bits on a GPU, of many channels and a picture that is not tiny. The
/// batch is not asked, so that no picture depends on it.
bool phases_pay(const at::Tensor& x, int64_t out_channels);

/// [o, i, 3, 3] -> [4 o, i, 2, 2], phase by phase: even rows and columns, even rows and odd columns, odd and
/// even, odd and odd. Sums of 16-bit weights are taken in f32 and rounded once.
at::Tensor phase_weights(const at::Tensor& weight);

/// x: n i h w -> n o 2h 2w, channels-last; weight: [o, i, 3, 3]; bias: [o] or undefined.
at::Tensor phase_upsampling(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace zoetrope
