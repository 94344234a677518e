// The loops of GroupNorm + SiLU on a CPU: over some rows of all channels, in one pass each. The compiler
// vectorises them along the channels, which are contiguous.
#pragma once

#include "core/simd_math.h"

namespace zoetrope::group_norm_silu_rows {

/// Adds x - shift and its square to each channel's sums, over `count` rows. Four rows a visit: a quarter of
/// the sums' traffic; the next four are fetched meanwhile, since the processor does not see four streams
/// coming (it halves the time).
template <class Element>
ZT_SIMD void accumulate_moments(const Element* __restrict x, int64_t count, int64_t channels,
                                const Element* __restrict shift, Element* __restrict sum,
                                Element* __restrict squares) {
  for (; count >= 4; count -= 4, x += 4 * channels) {
    if (count >= 8)
      for (int64_t c = 4 * channels; c < 8 * channels; c += lanes<Element>::count) __builtin_prefetch(x + c);
    for (int64_t c = 0; c < channels; ++c) {
      const Element k = shift[c];
      const Element x0 = x[c] - k, x1 = x[c + channels] - k, x2 = x[c + 2 * channels] - k,
                    x3 = x[c + 3 * channels] - k;
      sum[c] += (x0 + x1) + (x2 + x3);
      squares[c] += (x0 * x0 + x1 * x1) + (x2 * x2 + x3 * x3);
    }
  }
  for (; count > 0; --count, x += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const Element x0 = x[c] - shift[c];
      sum[c] += x0;
      squares[c] += x0 * x0;
    }
}

/// Each channel's sums about `shift` -> its mean and sum of squared distances from it.
template <class Element>
ZT_SIMD void moments_of_channels(const Element* __restrict shift, const Element* __restrict sum,
                                 const Element* __restrict squares, int64_t channels, double count,
                                 double* __restrict mean, double* __restrict m2) {
  for (int64_t c = 0; c < channels; ++c) {
    const double distance = sum[c] / count;
    mean[c] = shift[c] + distance;
    m2[c] = squares[c] - sum[c] * distance;
  }
}

/// What the values of a channel go through, per channel; scale = rstd · weight.
template <class Element>
struct affine_tables {
  const Element *mean, *scale, *bias;
};

template <class Element>
ZT_SIMD void normalise(const Element* __restrict x, int64_t count, int64_t channels, affine_tables<Element> t,
                       bool silu, Element* __restrict y) {
  const Element* __restrict mean = t.mean, * __restrict scale = t.scale, * __restrict bias = t.bias;
  for (; count > 0; --count, x += channels, y += channels)
    if (silu)
      for (int64_t c = 0; c < channels; ++c) {
        const Element z = (x[c] - mean[c]) * scale[c] + bias[c];
        y[c] = z * sigmoid(z);
      }
    else
      for (int64_t c = 0; c < channels; ++c) y[c] = (x[c] - mean[c]) * scale[c] + bias[c];
}

/// dz = dy, or dy * silu'(z) with silu'(z) = s (1 + z (1 - s)), s = sigmoid(z).
template <class Element>
ZT_INLINE Element gradient_before_silu(Element dy, Element h, Element weight, Element bias) {
  const Element z = h * weight + bias, s = sigmoid(z);
  return dy * s * (1 + z * (1 - s));
}

/// What the backward pass needs, per channel.
template <class Element>
struct gradient_tables {
  const Element *mean, *rstd, *weight, *bias;
};

/// Adds dz and dz h to each channel's sums.
template <class Element>
ZT_SIMD void accumulate_gradients(const Element* __restrict x, const Element* __restrict dy, int64_t count,
                                  int64_t channels, gradient_tables<Element> t, bool silu,
                                  Element* __restrict sum_dz, Element* __restrict sum_dz_h) {
  const Element* __restrict mean = t.mean, * __restrict rstd = t.rstd, * __restrict weight = t.weight, * __restrict bias = t.bias;
  for (; count > 0; --count, x += channels, dy += channels)
    if (silu)
      for (int64_t c = 0; c < channels; ++c) {
        const Element h = (x[c] - mean[c]) * rstd[c], dz = gradient_before_silu(dy[c], h, weight[c], bias[c]);
        sum_dz[c] += dz;
        sum_dz_h[c] += dz * h;
      }
    else
      for (int64_t c = 0; c < channels; ++c) {
        sum_dz[c] += dy[c];
        sum_dz_h[c] += dy[c] * ((x[c] - mean[c]) * rstd[c]);
      }
}

template <class Element>
ZT_SIMD void apply_gradients(const Element* __restrict x, const Element* __restrict dy, int64_t count,
                             int64_t channels, gradient_tables<Element> t, bool silu,
                             const Element* __restrict mean_w_dz, const Element* __restrict mean_w_dz_h,
                             Element* __restrict dx) {
  const Element* __restrict mean = t.mean, * __restrict rstd = t.rstd, * __restrict weight = t.weight, * __restrict bias = t.bias;
  for (; count > 0; --count, x += channels, dy += channels, dx += channels)
    if (silu)
      for (int64_t c = 0; c < channels; ++c) {
        const Element h = (x[c] - mean[c]) * rstd[c], dz = gradient_before_silu(dy[c], h, weight[c], bias[c]);
        dx[c] = rstd[c] * (weight[c] * dz - (mean_w_dz[c] + h * mean_w_dz_h[c]));
      }
    else
      for (int64_t c = 0; c < channels; ++c) {
        const Element h = (x[c] - mean[c]) * rstd[c];
        dx[c] = rstd[c] * (weight[c] * dy[c] - (mean_w_dz[c] + h * mean_w_dz_h[c]));
      }
}

}  // namespace zoetrope::group_norm_silu_rows
