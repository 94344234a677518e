// GroupNorm + SiLU for channels-last memory, forward. See group_norm_silu.h for the equation and
// group_norm_silu_tiles.cuh for the tiles. Per tile and channel: mean and m2 (sum of squared distances from
// it); merged over a group by Chan et al. 1979, eq. 2.1. The sums are taken about the chunk's first row, so
// that a mean far from zero does not drown the variance.
#include "models/kernels/group_norm_silu_tiles.cuh"

namespace zoetrope {

namespace {

using namespace group_norm_silu_tiles;

template <class Element, int Lanes>
__global__ void moments_of_tiles(zt_group_norm_silu p, tiling t) {
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
  sum_over_rows<Lanes>(sum, squares);
  if (threadIdx.y != 0 || !at.active) return;
  const float count = static_cast<float>(at.last - at.first);
  for (int i = 0; i < Lanes; ++i)
    write_partial<Lanes>(p, t, at, i, shift[i] + sum[i] / count, squares[i] - sum[i] * (sum[i] / count));
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
__global__ void statistics_of_groups(zt_group_norm_silu p, tiling t) {
  const int64_t clip = blockIdx.x / p.groups, group = blockIdx.x % p.groups, width = p.channels / p.groups;
  const int64_t parts = t.chunks * width;
  const float* partial = p.workspace + 2 * (clip * t.chunks * p.channels + group * width);
  const auto pair = [&](int64_t i) { return partial + 2 * (i / width * p.channels + i % width); };
  const auto count = [&](int64_t i) {
    const int64_t rest = p.positions - i / width * t.chunk;
    return static_cast<double>(rest < t.chunk ? rest : t.chunk);
  };
  const double values = static_cast<double>(p.positions * width);
  double sum = 0, m2 = 0;
  for (int64_t i = threadIdx.x; i < parts; i += block_threads) sum += count(i) * pair(i)[0];
  const double mean = sum_over_block(sum) / values;
  for (int64_t i = threadIdx.x; i < parts; i += block_threads) {
    const double distance = pair(i)[0] - mean;
    m2 += pair(i)[1] + count(i) * distance * distance;
  }
  m2 = sum_over_block(m2);
  if (threadIdx.x != 0) return;
  static_cast<float*>(p.mean)[blockIdx.x] = static_cast<float>(mean);
  static_cast<float*>(p.rstd)[blockIdx.x] = static_cast<float>(1.0 / sqrt(m2 / values + p.eps));
}

template <class Element, int Lanes>
__global__ void normalise_tiles(zt_group_norm_silu p, tiling t) {
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
  launch(statistics_of_groups, blocks(p.clips * p.groups), block_threads, 0, stream, p, shape.t);
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
