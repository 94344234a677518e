// GroupNorm + SiLU for channels-last memory, backward. See group_norm_silu.h for the equations and
// group_norm_silu_tiles.cuh for the tiles. Per tile and channel: sum dz and sum dz h.
#include "models/kernels/group_norm_silu_tiles.cuh"

namespace zoetrope {

namespace {

using namespace group_norm_silu_tiles;

template <class Element, int Lanes>
__global__ void gradient_sums_of_tiles(zt_group_norm_silu p, tiling t) {
  const place<Lanes> at(p, t);
  float sum_dz[Lanes] = {}, sum_dz_h[Lanes] = {};
  if (at.active) {
    const affine<Element, Lanes> of(p, at);
    for (int64_t position = at.first + threadIdx.y; position < at.last; position += blockDim.y) {
      float x[Lanes], dy[Lanes];
      load<Element, Lanes>(p.x, at.base + position * p.channels, x);
      load<Element, Lanes>(p.dy, at.base + position * p.channels, dy);
      for (int i = 0; i < Lanes; ++i) {
        const float h = (x[i] - of.mean[i]) * of.rstd[i];
        const float dz = p.silu ? gradient_before_silu(dy[i], h, of.weight[i], of.bias[i]) : dy[i];
        sum_dz[i] += dz;
        sum_dz_h[i] += dz * h;
      }
    }
  }
  sum_over_rows<Lanes>(sum_dz, sum_dz_h, [&](int channel, float dz, float dz_h) {
    const int64_t of_clip = static_cast<int64_t>(blockIdx.y) * t.columns * Lanes + channel;
    if (of_clip >= p.channels) return;
    float* pair = p.workspace + 2 * ((at.clip * t.chunks + at.chunk) * p.channels + of_clip);
    pair[0] = dz;
    pair[1] = dz_h;
  });
}

// Behind the tiles' sums in the workspace: [clips, channels, 2], then [clips, groups, 2].
__device__ float* channel_sums(const zt_group_norm_silu& p, const tiling& t) {
  return p.workspace + partial_floats(p, t);
}
__device__ float* group_means(const zt_group_norm_silu& p, const tiling& t) {
  return channel_sums(p, t) + 2 * p.clips * p.channels;
}

// One warp a (clip, channel): its sums over chunks.
__global__ void gradient_sums_of_channels(zt_group_norm_silu p, tiling t) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (block_threads / warp) + threadIdx.x / warp;
  if (row >= p.clips * p.channels) return;
  const int64_t clip = row / p.channels, channel = row % p.channels;
  double dz = 0, dz_h = 0;
  for (int64_t chunk = threadIdx.x % warp; chunk < t.chunks; chunk += warp) {
    const float* pair = p.workspace + 2 * ((clip * t.chunks + chunk) * p.channels + channel);
    dz += pair[0];
    dz_h += pair[1];
  }
  dz = sum_over_warp(dz);
  dz_h = sum_over_warp(dz_h);
  if (threadIdx.x % warp != 0) return;
  float* sums = channel_sums(p, t) + 2 * row;
  sums[0] = static_cast<float>(dz);
  sums[1] = static_cast<float>(dz_h);
}

// One thread a (clip, group) for the means over the group, and one a channel for dweight and dbias.
template <class Element>
__global__ void gradients_of_groups_and_parameters(zt_group_norm_silu p, tiling t) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * block_threads + threadIdx.x;
  const int64_t width = p.channels / p.groups;
  const float* sums = channel_sums(p, t);
  const auto* weight = static_cast<const Element*>(p.weight);
  if (index < p.clips * p.groups) {
    const int64_t clip = index / p.groups, first = index % p.groups * width;
    double w_dz = 0, w_dz_h = 0;
    for (int64_t c = first; c < first + width; ++c) {
      w_dz += to_float(weight[c]) * sums[2 * (clip * p.channels + c)];
      w_dz_h += to_float(weight[c]) * sums[2 * (clip * p.channels + c) + 1];
    }
    const double values = static_cast<double>(p.positions * width);
    group_means(p, t)[2 * index] = static_cast<float>(w_dz / values);
    group_means(p, t)[2 * index + 1] = static_cast<float>(w_dz_h / values);
  }
  if (index < p.channels) {
    double dz = 0, dz_h = 0;
    for (int64_t clip = 0; clip < p.clips; ++clip) {
      dz += sums[2 * (clip * p.channels + index)];
      dz_h += sums[2 * (clip * p.channels + index) + 1];
    }
    static_cast<float*>(p.dbias)[index] = static_cast<float>(dz);
    static_cast<float*>(p.dweight)[index] = static_cast<float>(dz_h);
  }
}

template <class Element, int Lanes>
__global__ void gradient_of_tiles(zt_group_norm_silu p, tiling t) {
  const place<Lanes> at(p, t);
  if (!at.active) return;
  const affine<Element, Lanes> of(p, at);
  float mean_w_dz[Lanes], mean_w_dz_h[Lanes];
  over_groups(p, at, [&](int i, int64_t group) {
    mean_w_dz[i] = group_means(p, t)[2 * group];
    mean_w_dz_h[i] = group_means(p, t)[2 * group + 1];
  });
  for (int64_t position = at.first + threadIdx.y; position < at.last; position += blockDim.y) {
    float x[Lanes], dy[Lanes];
    load<Element, Lanes>(p.x, at.base + position * p.channels, x);
    load<Element, Lanes>(p.dy, at.base + position * p.channels, dy);
    for (int i = 0; i < Lanes; ++i) {
      const float h = (x[i] - of.mean[i]) * of.rstd[i];
      const float dz = p.silu ? gradient_before_silu(dy[i], h, of.weight[i], of.bias[i]) : dy[i];
      x[i] = of.rstd[i] * (of.weight[i] * dz - (mean_w_dz[i] + h * mean_w_dz_h[i]));
    }
    store<Element, Lanes>(p.dx, at.base + position * p.channels, x);
  }
}

template <class Shape>
cudaError_t run(const Shape& shape, const zt_group_norm_silu& p, cudaStream_t stream) {
  using Element = typename Shape::Element;
  constexpr int Lanes = Shape::Lanes;
  const int64_t warps = p.clips * p.channels, groups = p.clips * p.groups;
  const int64_t threads = groups > p.channels ? groups : p.channels;
  launch(gradient_sums_of_tiles<Element, Lanes>, shape.tiles, shape.block, shape.shared_bytes, stream, p,
         shape.t);
  launch(gradient_sums_of_channels, blocks(divided_up(warps, block_threads / warp)), block_threads, 0, stream,
         p, shape.t);
  launch(gradients_of_groups_and_parameters<Element>, blocks(divided_up(threads, block_threads)),
         block_threads, 0, stream, p, shape.t);
  launch(gradient_of_tiles<Element, Lanes>, shape.tiles, shape.block, 0, stream, p, shape.t);
  return cudaGetLastError();
}

}  // namespace

extern "C" int zt_group_norm_silu_backward(const zt_group_norm_silu* problem, void* stream) {
  if (!fits_grid(*problem)) return cudaErrorInvalidValue;
  return with_shape(
      *problem, [&](const auto& shape) { return run(shape, *problem, static_cast<cudaStream_t>(stream)); });
}

}  // namespace zoetrope
