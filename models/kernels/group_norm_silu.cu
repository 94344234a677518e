// GroupNorm + SiLU for channels-last memory, forward. See group_norm_silu.h for the equation and
// group_norm_silu_tiles.cuh for the tiles. Per tile: mean and m2 (sum of squared distances from it)
// of channels, then of groups, merged by Chan et al. 1979, eq. 2.1. The sums are taken about the chunk's
// first row, so that a mean far from zero does not drown the variance.
#include "models/kernels/group_norm_silu_tiles.cuh"

namespace zoetrope {

namespace {

using namespace group_norm_silu_tiles;

// The channels of a group that lie in a column of tiles, and where their moments by chunk are kept.
struct group_part {
  __device__ group_part(const zt_group_norm_silu& p, const tiling& t, int lanes, int64_t clip, int64_t group,
                        int64_t tile)
      : pairs(p.workspace + 2 * (clip * group_parts(p, t) + group + tile) * t.chunks) {
    const int64_t width = p.channels / p.groups, tile_width = int64_t{t.columns} * lanes;
    first = group * width > tile * tile_width ? group * width : tile * tile_width;
    last = (group + 1) * width < (tile + 1) * tile_width ? (group + 1) * width : (tile + 1) * tile_width;
  }
  int64_t first, last;
  float* pairs;  // of chunks: mean, m2
};

// Of moments of channels (mean, m2; `count` values each) those of the tile's groups, a warp a group.
template <int Lanes>
__device__ void merge_channels(const zt_group_norm_silu& p, const tiling& t, const place<Lanes>& at,
                               const float* mean, const float* m2, float count) {
  const int self = threadIdx.y * blockDim.x + threadIdx.x, warps = blockDim.x * blockDim.y / warp;
  const int64_t tile = blockIdx.y, width = p.channels / p.groups, start = tile * t.columns * Lanes;
  const int64_t end = start + t.columns * Lanes < p.channels ? start + t.columns * Lanes : p.channels;
  if (self / warp >= warps) return;  // not a whole warp
  for (int64_t group = start / width + self / warp; group * width < end; group += warps) {
    const group_part part(p, t, Lanes, at.clip, group, tile);
    float sum = 0, squares = 0;
    for (int64_t c = part.first + self % warp; c < part.last; c += warp) sum += mean[c - start];
    const float middle = sum_over_warp(sum) / static_cast<float>(part.last - part.first);
    for (int64_t c = part.first + self % warp; c < part.last; c += warp) {
      const float distance = mean[c - start] - middle;
      squares += m2[c - start] + count * distance * distance;
    }
    squares = sum_over_warp(squares);
    if (self % warp != 0) continue;
    part.pairs[2 * at.chunk] = middle;
    part.pairs[2 * at.chunk + 1] = squares;
  }
}

template <class Element, int Lanes>
__global__ void __launch_bounds__(block_threads, blocks_at_once)
    moments_of_tiles(zt_group_norm_silu p, tiling t) {
  const place<Lanes> at(p, t);
  float shift[Lanes] = {}, sum[Lanes] = {}, squares[Lanes] = {};
  if (at.active) {
    load<Element, Lanes>(p.x, at.base + at.first * p.channels, shift);
    over_positions<Element, Lanes>(p.x, at, p.channels, [&](int64_t, const float(&x)[Lanes]) {
#pragma unroll
      for (int i = 0; i < Lanes; ++i) {
        const float distance = x[i] - shift[i];
        sum[i] += distance;
        squares[i] += distance * distance;
      }
    });
  }
  const int channels = t.columns * Lanes;
  float* const shifts =
      dynamic_shared<float>() + 2 * channels * blockDim.y;  // behind what sum_over_rows takes
  float *const mean = shifts + channels, *const m2 = mean + channels;
  if (threadIdx.y == 0) {
    // The same number on all values of a channel moves their mean, and nothing else.
    if (at.active) add_shift<Element, Lanes>(p, at, shift, 1.0f);
    for (int i = 0; i < Lanes; ++i) shifts[threadIdx.x * Lanes + i] = shift[i];
  }
  const float count = static_cast<float>(at.last - at.first);
  sum_over_rows<Lanes>(sum, squares, [&](int channel, float of_distance, float of_square) {
    mean[channel] = shifts[channel] + of_distance / count;
    m2[channel] = of_square - of_distance * (of_distance / count);
  });
  __syncthreads();
  merge_channels<Lanes>(p, t, at, mean, m2, count);
}

// Adds up one double a thread over the block; every thread gets the result.
__device__ double sum_over_block(double value) {
  __shared__ double of_warps[block_threads / warp];
  value = sum_over_warp(value);
  if (threadIdx.x % warp == 0) of_warps[threadIdx.x / warp] = value;
  __syncthreads();
  double total = 0;
  for (int i = 0; i < block_threads / warp; ++i) total += of_warps[i];
  __syncthreads();
  return total;
}

// One block a (clip, group): m2 of the whole = sum of the parts' m2 + count * (their mean - the mean)^2.
__global__ void statistics_of_groups(zt_group_norm_silu p, tiling t, int lanes) {
  const int64_t clip = blockIdx.x / p.groups, group = blockIdx.x % p.groups, width = p.channels / p.groups;
  const int64_t tile_width = int64_t{t.columns} * lanes;
  const int64_t first_tile = group * width / tile_width, last_tile = ((group + 1) * width - 1) / tile_width;
  // visit(values, their mean, m2)
  const auto over_parts = [&](const auto& visit) {
    for (int64_t tile = first_tile; tile <= last_tile; ++tile) {
      const group_part part(p, t, lanes, clip, group, tile);
      for (int64_t chunk = threadIdx.x; chunk < t.chunks; chunk += block_threads) {
        const int64_t rest = p.positions - chunk * t.chunk, positions = rest < t.chunk ? rest : t.chunk;
        visit(static_cast<double>(positions * (part.last - part.first)), part.pairs[2 * chunk],
              part.pairs[2 * chunk + 1]);
      }
    }
  };
  const double values = static_cast<double>(p.positions * width);
  double sum = 0, m2 = 0;
  over_parts([&](double count, float mean, float) { sum += count * mean; });
  const double mean = sum_over_block(sum) / values;
  over_parts([&](double count, float part_mean, float part_m2) {
    const double distance = part_mean - mean;
    m2 += part_m2 + count * distance * distance;
  });
  m2 = sum_over_block(m2);
  if (threadIdx.x != 0) return;
  static_cast<float*>(p.mean)[blockIdx.x] = static_cast<float>(mean);
  static_cast<float*>(p.rstd)[blockIdx.x] = static_cast<float>(1.0 / sqrt(m2 / values + p.eps));
}

template <class Element, int Lanes>
__global__ void __launch_bounds__(block_threads, blocks_at_once)
    normalise_tiles(zt_group_norm_silu p, tiling t) {
  const place<Lanes> at(p, t);
  if (!at.active) return;
  const affine<Element, Lanes> of(p, at);
  float scale[Lanes];
  for (int i = 0; i < Lanes; ++i) scale[i] = of.rstd[i] * of.weight[i];
  over_positions<Element, Lanes>(p.x, at, p.channels, [&](int64_t element, float(&x)[Lanes]) {
#pragma unroll
    for (int i = 0; i < Lanes; ++i) {
      const float z = (x[i] - of.mean[i]) * scale[i] + of.bias[i];
      x[i] = p.silu ? z * sigmoid(z) : z;
    }
    store<Element, Lanes>(p.y, element, x);
  });
}

template <class Shape>
cudaError_t run(const Shape& shape, const zt_group_norm_silu& p, cudaStream_t stream) {
  using Element = typename Shape::Element;
  constexpr int Lanes = Shape::Lanes;
  launch(moments_of_tiles<Element, Lanes>, shape.tiles, shape.block, shape.shared_bytes, stream, p, shape.t);
  launch(statistics_of_groups, blocks(p.clips * p.groups), block_threads, 0, stream, p, shape.t, Lanes);
  launch(normalise_tiles<Element, Lanes>, shape.tiles, shape.block, 0, stream, p, shape.t);
  return cudaGetLastError();
}

}  // namespace

extern "C" int64_t zt_group_norm_silu_workspace(const zt_group_norm_silu* problem) {
  const zt_group_norm_silu& p = *problem;
  if (!fits_grid(p)) return 0;
  return with_shape(p, [&](const auto& shape) {
    return partial_floats(p, shape.t) + 2 * p.clips * (p.channels + p.groups);
  });
}

extern "C" int zt_group_norm_silu_forward(const zt_group_norm_silu* problem, void* stream) {
  if (!fits_grid(*problem)) return cudaErrorInvalidValue;
  return with_shape(
      *problem, [&](const auto& shape) { return run(shape, *problem, static_cast<cudaStream_t>(stream)); });
}

}  // namespace zoetrope
