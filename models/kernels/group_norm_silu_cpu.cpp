// See group_norm_silu.h. A clip is cut into chunks of positions, by its shape alone, so that no result
// depends on the number of threads:
//   statistics   chunk -> per channel (sum, sum of squares) about the chunk's first row, in f32
//                      -> per group (mean, m2) in f64; chunks are merged by Chan et al. 1979, eq. 2.1
//   application  chunk -> y
// Shifting by a sample bounds the cancellation of the one-pass variance by the chunk's length, however far
// the mean lies from zero. Inner loops run over channels, which are contiguous; the compiler vectorises them.
#include "models/kernels/group_norm_silu.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

// One body, compiled for each instruction set; the program picks when it starts.
#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#define ZT_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ZT_SIMD
#endif

namespace zoetrope {

namespace {

constexpr int64_t chunk_positions = 128;
constexpr int64_t least_elements_a_thread = 32768;

using floats = std::vector<float>;
using doubles = std::vector<double>;

/// exp(t) for t in [-87, 88], relative error below 2e-7: Cody and Waite's reduction, Taylor to degree 7 on
/// ±ln2/2. Written so that loops over it vectorise.
inline __attribute__((always_inline)) float fast_exp(float t) {
  constexpr float round_magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = t * 1.44269504f + round_magic;
  const float n = shifted - round_magic;
  const float r = (t - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const auto power = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(round_magic);
  return p * std::bit_cast<float>((power + 127) << 23);
}

/// -z, its size cut at 87 (a NaN too): as integers, since GCC turns a clamp of floats into branches, and then
/// does not vectorise.
inline __attribute__((always_inline)) float negated_and_clamped(float z) {
  const auto bits = std::bit_cast<uint32_t>(z);
  const auto size = std::min(static_cast<int32_t>(bits & 0x7fffffffu), std::bit_cast<int32_t>(87.0f));
  return std::bit_cast<float>(static_cast<uint32_t>(size) | (~bits & 0x80000000u));
}

/// Beyond ±87 the true value differs from this one by less than 1e-36.
inline __attribute__((always_inline)) float sigmoid(float z) {
  return 1.0f / (1.0f + fast_exp(negated_and_clamped(z)));
}

/// Adds x - shift and its square to each channel's sums, over `count` rows.
ZT_SIMD void accumulate_moments(const float* __restrict x, int64_t count, int64_t channels,
                                const float* __restrict shift, float* __restrict sum,
                                float* __restrict squares) {
  for (; count >= 4; count -= 4, x += 4 * channels)  // four rows a visit: a quarter of the sums' traffic
    for (int64_t c = 0; c < channels; ++c) {
      const float k = shift[c];
      const float x0 = x[c] - k, x1 = x[c + channels] - k, x2 = x[c + 2 * channels] - k,
                  x3 = x[c + 3 * channels] - k;
      sum[c] += (x0 + x1) + (x2 + x3);
      squares[c] += (x0 * x0 + x1 * x1) + (x2 * x2 + x3 * x3);
    }
  for (; count > 0; --count, x += channels)
    for (int64_t c = 0; c < channels; ++c) {
      const float x0 = x[c] - shift[c];
      sum[c] += x0;
      squares[c] += x0 * x0;
    }
}

/// Each channel's sums about `shift` -> its mean and sum of squared distances from it.
ZT_SIMD void moments_of_channels(const float* __restrict shift, const float* __restrict sum,
                                 const float* __restrict squares, int64_t channels, double count,
                                 double* __restrict mean, double* __restrict m2) {
  for (int64_t c = 0; c < channels; ++c) {
    const double distance = sum[c] / count;
    mean[c] = shift[c] + distance;
    m2[c] = squares[c] - sum[c] * distance;
  }
}

ZT_SIMD void normalise(const float* __restrict x, int64_t count, int64_t channels,
                       const float* __restrict mean, const float* __restrict scale,
                       const float* __restrict bias, bool silu, float* __restrict y) {
  for (; count > 0; --count, x += channels, y += channels)
    if (silu)
      for (int64_t c = 0; c < channels; ++c) {
        const float z = (x[c] - mean[c]) * scale[c] + bias[c];
        y[c] = z * sigmoid(z);
      }
    else
      for (int64_t c = 0; c < channels; ++c) y[c] = (x[c] - mean[c]) * scale[c] + bias[c];
}

/// dz = dy, or dy * silu'(z) with silu'(z) = s (1 + z (1 - s)), s = sigmoid(z).
inline __attribute__((always_inline)) float gradient_before_silu(float dy, float h, float weight,
                                                                 float bias) {
  const float z = h * weight + bias, s = sigmoid(z);
  return dy * s * (1.0f + z * (1.0f - s));
}

/// What one chunk of the backward pass needs, per channel.
struct channel_tables {
  const float *mean, *rstd, *weight, *bias;
};

/// Adds dz and dz h to each channel's sums.
ZT_SIMD void accumulate_gradients(const float* __restrict x, const float* __restrict dy, int64_t count,
                                  int64_t channels, const channel_tables t, bool silu,
                                  float* __restrict sum_dz, float* __restrict sum_dz_h) {
  const float* __restrict mean = t.mean, * __restrict rstd = t.rstd, * __restrict weight = t.weight, * __restrict bias = t.bias;
  for (; count > 0; --count, x += channels, dy += channels)
    if (silu)
      for (int64_t c = 0; c < channels; ++c) {
        const float h = (x[c] - mean[c]) * rstd[c], dz = gradient_before_silu(dy[c], h, weight[c], bias[c]);
        sum_dz[c] += dz;
        sum_dz_h[c] += dz * h;
      }
    else
      for (int64_t c = 0; c < channels; ++c) {
        sum_dz[c] += dy[c];
        sum_dz_h[c] += dy[c] * ((x[c] - mean[c]) * rstd[c]);
      }
}

ZT_SIMD void apply_gradients(const float* __restrict x, const float* __restrict dy, int64_t count,
                             int64_t channels, const channel_tables t, bool silu,
                             const float* __restrict mean_w_dz, const float* __restrict mean_w_dz_h,
                             float* __restrict dx) {
  const float* __restrict mean = t.mean, * __restrict rstd = t.rstd, * __restrict weight = t.weight, * __restrict bias = t.bias;
  for (; count > 0; --count, x += channels, dy += channels, dx += channels)
    if (silu)
      for (int64_t c = 0; c < channels; ++c) {
        const float h = (x[c] - mean[c]) * rstd[c], dz = gradient_before_silu(dy[c], h, weight[c], bias[c]);
        dx[c] = rstd[c] * (weight[c] * dz - (mean_w_dz[c] + h * mean_w_dz_h[c]));
      }
    else
      for (int64_t c = 0; c < channels; ++c) {
        const float h = (x[c] - mean[c]) * rstd[c];
        dx[c] = rstd[c] * (weight[c] * dy[c] - (mean_w_dz[c] + h * mean_w_dz_h[c]));
      }
}

/// The sizes of a problem, and its walk over chunks.
struct chunked {
  explicit chunked(const zt_group_norm_silu& p)
      : clips(p.clips),
        positions(p.positions),
        channels(p.channels),
        groups(p.groups),
        width(channels / groups),
        chunks((positions + chunk_positions - 1) / chunk_positions) {}

  /// Calls body(clip, chunk, offset of its first element, its positions) for every chunk, on all threads.
  template <class Body>
  void for_each_chunk(const Body& body) const {
    const int64_t grain =
        std::max<int64_t>(1, least_elements_a_thread / (std::min(positions, chunk_positions) * channels));
    at::parallel_for(0, clips * chunks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t clip = task / chunks, first = task % chunks * chunk_positions;
        body(clip, task % chunks, (clip * positions + first) * channels,
             std::min(chunk_positions, positions - first));
      }
    });
  }

  const int64_t clips, positions, channels, groups, width, chunks;
};

struct moments {
  double mean = 0, m2 = 0;
};

/// [clips, chunks, groups]
std::vector<moments> moments_of_chunks(const chunked& shape, const float* x) {
  std::vector<moments> result(shape.clips * shape.chunks * shape.groups);
  shape.for_each_chunk([&](int64_t clip, int64_t chunk, int64_t offset, int64_t count) {
    floats sum(shape.channels), squares(shape.channels);
    doubles mean(shape.channels), m2(shape.channels);
    accumulate_moments(x + offset, count, shape.channels, x + offset, sum.data(), squares.data());
    moments_of_channels(x + offset, sum.data(), squares.data(), shape.channels, static_cast<double>(count),
                        mean.data(), m2.data());
    for (int64_t g = 0; g < shape.groups; ++g) {
      moments& group = result[(clip * shape.chunks + chunk) * shape.groups + g];
      const int64_t first = g * shape.width, last = first + shape.width;
      for (int64_t c = first; c < last; ++c) group.mean += mean[c] / static_cast<double>(shape.width);
      for (int64_t c = first; c < last; ++c)
        group.m2 += m2[c] + static_cast<double>(count) * (mean[c] - group.mean) * (mean[c] - group.mean);
    }
  });
  return result;
}

/// Writes mean and rstd of every clip and group.
void write_statistics(const chunked& shape, const zt_group_norm_silu& p,
                      const std::vector<moments>& chunk_moments) {
  for (int64_t clip = 0; clip < shape.clips; ++clip)
    for (int64_t g = 0; g < shape.groups; ++g) {
      moments all;
      double n = 0;
      for (int64_t chunk = 0; chunk < shape.chunks; ++chunk) {
        const moments& part = chunk_moments[(clip * shape.chunks + chunk) * shape.groups + g];
        const int64_t count = std::min(chunk_positions, shape.positions - chunk * chunk_positions);
        const double part_n = static_cast<double>(count * shape.width), distance = part.mean - all.mean;
        all.m2 += part.m2 + distance * distance * n * part_n / (n + part_n);
        n += part_n;
        all.mean += distance * part_n / n;
      }
      p.mean[clip * shape.groups + g] = static_cast<float>(all.mean);
      p.rstd[clip * shape.groups + g] = static_cast<float>(1.0 / std::sqrt(all.m2 / n + p.eps));
    }
}

/// [clips, groups] -> [clips, channels]
floats by_channel(const chunked& shape, const float* by_group) {
  floats result(shape.clips * shape.channels);
  for (int64_t i = 0; i < shape.clips * shape.channels; ++i) result[i] = by_group[i / shape.width];
  return result;
}

}  // namespace

void group_norm_silu_forward_cpu(const zt_group_norm_silu& p) {
  const chunked shape(p);
  const auto *x = static_cast<const float*>(p.x), *weight = static_cast<const float*>(p.weight),
             *bias = static_cast<const float*>(p.bias);
  auto* y = static_cast<float*>(p.y);
  write_statistics(shape, p, moments_of_chunks(shape, x));

  const floats mean = by_channel(shape, p.mean);
  floats scale = by_channel(shape, p.rstd);
  for (int64_t i = 0; i < shape.clips * shape.channels; ++i) scale[i] *= weight[i % shape.channels];
  shape.for_each_chunk([&](int64_t clip, int64_t, int64_t offset, int64_t count) {
    const int64_t row = clip * shape.channels;
    normalise(x + offset, count, shape.channels, &mean[row], &scale[row], bias, p.silu != 0, y + offset);
  });
}

void group_norm_silu_backward_cpu(const zt_group_norm_silu& p) {
  const chunked shape(p);
  const int64_t channels = shape.channels;
  const auto *x = static_cast<const float*>(p.x), *dy = static_cast<const float*>(p.dy),
             *weight = static_cast<const float*>(p.weight), *bias = static_cast<const float*>(p.bias);
  auto* dx = static_cast<float*>(p.dx);
  const floats mean = by_channel(shape, p.mean), rstd = by_channel(shape, p.rstd);
  const auto tables = [&](int64_t clip) {
    return channel_tables{&mean[clip * channels], &rstd[clip * channels], weight, bias};
  };

  floats chunk_sums(shape.clips * shape.chunks * 2 * channels);  // [clips, chunks, (dz, dz h), channels]
  shape.for_each_chunk([&](int64_t clip, int64_t chunk, int64_t offset, int64_t count) {
    float* sums = &chunk_sums[(clip * shape.chunks + chunk) * 2 * channels];
    accumulate_gradients(x + offset, dy + offset, count, channels, tables(clip), p.silu != 0, sums,
                         sums + channels);
  });

  const double group_size = static_cast<double>(shape.positions * shape.width);
  doubles dbias(channels), dweight(channels);
  floats mean_w_dz(shape.clips * channels), mean_w_dz_h(shape.clips * channels);
  for (int64_t clip = 0; clip < shape.clips; ++clip) {
    doubles sums(2 * channels), of_groups(2 * shape.groups);
    for (int64_t chunk = 0; chunk < shape.chunks; ++chunk)
      for (int64_t i = 0; i < 2 * channels; ++i)
        sums[i] += chunk_sums[(clip * shape.chunks + chunk) * 2 * channels + i];
    for (int64_t c = 0; c < channels; ++c) {
      dbias[c] += sums[c];
      dweight[c] += sums[channels + c];
      of_groups[c / shape.width] += weight[c] * sums[c] / group_size;
      of_groups[shape.groups + c / shape.width] += weight[c] * sums[channels + c] / group_size;
    }
    for (int64_t c = 0; c < channels; ++c) {
      mean_w_dz[clip * channels + c] = static_cast<float>(of_groups[c / shape.width]);
      mean_w_dz_h[clip * channels + c] = static_cast<float>(of_groups[shape.groups + c / shape.width]);
    }
  }
  std::copy(dbias.begin(), dbias.end(), p.dbias);
  std::copy(dweight.begin(), dweight.end(), p.dweight);

  shape.for_each_chunk([&](int64_t clip, int64_t, int64_t offset, int64_t count) {
    apply_gradients(x + offset, dy + offset, count, channels, tables(clip), p.silu != 0,
                    &mean_w_dz[clip * channels], &mean_w_dz_h[clip * channels], dx + offset);
  });
}

}  // namespace zoetrope
