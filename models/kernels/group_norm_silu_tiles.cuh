// What the forward and the backward kernel of GroupNorm + SiLU share: how a clip is cut, and how a thread
// moves its channels.
//
// A clip has 16 MB and more but few groups, so one block a group would leave the GPU idle. A clip is cut into
// tiles instead, and a block takes one of them:
//
//              channels ->            threadIdx.x: a vector of 16 bytes along the channels
//            +-----+-----+-----+      threadIdx.y: every blockDim.y-th position of the chunk
//   chunk    |tile |tile |tile |      blockIdx.x:  (clip, chunk)      blockIdx.y: column of tiles
//            +-----+-----+-----+
//   chunk    |     |     |     |      1. per tile and channel: two sums
//            +-----+-----+-----+      2. over chunks, in f64: what a group needs
//                                     3. per tile: apply
// No atomics: equal inputs give equal bits.
#pragma once

#include "core/cuda/elements.cuh"
#include "core/cuda/launch.cuh"
#include "models/kernels/group_norm_silu.h"

namespace zoetrope::group_norm_silu_tiles {

constexpr int block_threads = 256;
constexpr int warp = 32;
constexpr int widest_tile = 32;         // vectors along the channels
constexpr int blocks_at_once = 4;       // on a multiprocessor
constexpr int64_t wanted_blocks = 528;  // so many on each of an H100's 132

struct tiling {
  int columns, rows;      // threads of a block
  int64_t column_tiles;   // gridDim.y
  int64_t chunk, chunks;  // positions of a chunk, chunks of a clip
};

inline tiling tiling_of(const zt_group_norm_silu& p, int lanes) {
  tiling t;
  const int64_t vectors = p.channels / lanes;
  t.column_tiles = divided_up(vectors, widest_tile);
  t.columns = static_cast<int>(divided_up(vectors, t.column_tiles));
  t.rows = block_threads / t.columns;
  const int64_t chunks_wanted = divided_up(wanted_blocks, p.clips * t.column_tiles);
  const int64_t chunk = divided_up(p.positions, chunks_wanted);
  t.chunk = chunk < 16 ? 16 : chunk > 1024 ? 1024 : chunk;
  t.chunks = divided_up(p.positions, t.chunk);
  return t;
}

// Where a thread stands; `active` is false beyond the last channel.
template <int Lanes>
struct place {
  __device__ place(const zt_group_norm_silu& p, const tiling& t)
      : channel((static_cast<int64_t>(blockIdx.y) * t.columns + threadIdx.x) * Lanes),
        active(channel < p.channels),
        clip(blockIdx.x / t.chunks),
        chunk(blockIdx.x % t.chunks),
        first(chunk * t.chunk),
        last(first + t.chunk < p.positions ? first + t.chunk : p.positions),
        base(clip * p.positions * p.channels + channel) {}
  int64_t channel;
  bool active;
  int64_t clip, chunk, first, last;  // positions [first, last)
  int64_t base;                      // element of position 0
};

// visit(element of the vector, its values), over the thread's positions of the tile.
template <class Element, int Lanes, class Visit>
inline __device__ void over_positions(const void* from, const place<Lanes>& at, int64_t channels,
                                      const Visit& visit) {
  constexpr int at_once = 4;
  const int64_t step = blockDim.y * channels, last = at.base + at.last * channels;
  int64_t element = at.base + (at.first + threadIdx.y) * channels;
  float x[Lanes];
  for (; element + (at_once - 1) * step < last; element += at_once * step) {
    packed_vector<Element, Lanes> packed[at_once];
#pragma unroll
    for (int i = 0; i < at_once; ++i) packed[i] = load_packed<Element, Lanes>(from, element + i * step);
#pragma unroll
    for (int i = 0; i < at_once; ++i) {
      unpack(packed[i], x);
      visit(element + i * step, x);
    }
  }
  for (; element < last; element += step) {
    load<Element, Lanes>(from, element, x);
    visit(element, x);
  }
}

// visit(lane, its group among all clips')
template <int Lanes, class Visit>
inline __device__ void over_groups(const zt_group_norm_silu& p, const place<Lanes>& at, const Visit& visit) {
  const unsigned width = static_cast<unsigned>(p.channels / p.groups);
  unsigned group = static_cast<unsigned>(at.channel) / width,
           rest = static_cast<unsigned>(at.channel) % width;
#pragma unroll
  for (int i = 0; i < Lanes; ++i) {
    visit(i, at.clip * p.groups + group);
    if (++rest == width) {
      rest = 0;
      ++group;
    }
  }
}

// values += sign * what is added to x ahead of the norm
template <class Element, int Lanes>
inline __device__ void add_shift(const zt_group_norm_silu& p, const place<Lanes>& at, float (&values)[Lanes],
                                 float sign) {
  if (p.shift == nullptr) return;
  float shift[Lanes];
  load<Element, Lanes>(p.shift, at.clip / p.clips_a_shift * p.channels + at.channel, shift);
  for (int i = 0; i < Lanes; ++i) values[i] += sign * shift[i];
}

// What a thread needs of its channels' parameters; held in registers over its positions.
template <class Element, int Lanes>
struct affine {
  __device__ affine(const zt_group_norm_silu& p, const place<Lanes>& at) {
    load<Element, Lanes>(p.weight, at.channel, weight);
    load<Element, Lanes>(p.bias, at.channel, bias);
    over_groups(p, at, [&](int i, int64_t group) {
      mean[i] = static_cast<const float*>(p.mean)[group];
      rstd[i] = static_cast<const float*>(p.rstd)[group];
    });
    add_shift<Element, Lanes>(p, at, mean, -1.0f);  // x + shift - mean
  }
  float mean[Lanes], rstd[Lanes], weight[Lanes], bias[Lanes];
};

inline __device__ float sigmoid(float z) { return __fdividef(1.0f, 1.0f + __expf(-z)); }

inline __device__ float gradient_before_silu(float dy, float h, float weight, float bias) {
  const float z = h * weight + bias, s = sigmoid(z);
  return dy * s * (1.0f + z * (1.0f - s));
}

// Sums each lane's pair over the block's rows, in a fixed order: visit(channel of the tile, sum of a, sum of
// b), all channels shared out among the threads. Shared memory: 2 * Lanes floats a thread.
template <int Lanes, class Visit>
inline __device__ void sum_over_rows(const float (&a)[Lanes], const float (&b)[Lanes], const Visit& visit) {
  float* shared = dynamic_shared<float>();
  const int columns = blockDim.x, threads = columns * blockDim.y, self = threadIdx.y * columns + threadIdx.x;
  for (int i = 0; i < Lanes; ++i) {
    shared[i * threads + self] = a[i];
    shared[(Lanes + i) * threads + self] = b[i];
  }
  __syncthreads();
  for (int s = self; s < columns * Lanes; s += threads) {
    const int lane = s / columns, column = s - lane * columns;
    const float* of_a = shared + lane * threads + column;
    float sum_a = 0, sum_b = 0;
    for (int at = 0; at < threads; at += columns) {
      sum_a += of_a[at];
      sum_b += of_a[Lanes * threads + at];
    }
    visit(column * Lanes + lane, sum_a, sum_b);
  }
}

// What tiles know of groups. A group may lie in several tiles; (group, tile) has the number group + tile,
// which no other pair has, since both only grow along the channels.
inline __host__ __device__ int64_t group_parts(const zt_group_norm_silu& p, const tiling& t) {
  return p.groups + t.column_tiles - 1;
}

// Floats of the tiles' sums at the start of the workspace: forward [clips, group_parts, chunks, 2], backward
// [clips, chunks, channels, 2].
inline __host__ __device__ int64_t partial_floats(const zt_group_norm_silu& p, const tiling& t) {
  const int64_t parts = group_parts(p, t);
  return 2 * p.clips * t.chunks * (parts > p.channels ? parts : p.channels);
}

// The launch parameters of a problem; names the kernels' template arguments.
template <class ElementType, int LaneCount>
struct launch_shape {
  using Element = ElementType;
  static constexpr int Lanes = LaneCount;
  explicit launch_shape(const zt_group_norm_silu& p)
      : t(tiling_of(p, Lanes)),
        // x reaches 2^31 - 1, y only 65,535: (clip, chunk) goes into x.
        tiles(static_cast<unsigned>(p.clips * t.chunks), static_cast<unsigned>(t.column_tiles)),
        block(static_cast<unsigned>(t.columns), static_cast<unsigned>(t.rows)),
        shared_bytes(static_cast<unsigned>((2 * t.rows + 3) * t.columns * Lanes * sizeof(float))) {}

  const tiling t;
  const dim3 tiles, block;
  const unsigned shared_bytes;
};

inline dim3 blocks(int64_t count) { return dim3(static_cast<unsigned>(count)); }

// 16 bytes an access where the shape and all pointers allow it, else one channel at a time.
template <class Element, class Task>
auto with_lanes(const zt_group_norm_silu& p, const Task& task) {
  constexpr int lanes = 16 / sizeof(Element);
  const bool vectors = p.channels % lanes == 0 && aligned(p.x) && aligned(p.y) && aligned(p.weight) &&
                       aligned(p.bias) && aligned(p.shift) && aligned(p.dy) && aligned(p.dx);
  if (vectors) return task(launch_shape<Element, lanes>(p));
  return task(launch_shape<Element, 1>(p));
}

template <class Task>
auto with_shape(const zt_group_norm_silu& p, const Task& task) {
  return with_element(p.dtype,
                      [&](auto element) { return with_lanes<typename decltype(element)::type>(p, task); });
}

inline bool fits_grid(const zt_group_norm_silu& p) {
  return p.clips > 0 && p.positions > 0 && p.groups > 0 && p.channels % p.groups == 0 &&
         p.channels <= 1 << 20 && p.clips * divided_up(p.positions, 16) < INT32_MAX &&
         p.clips * p.channels < INT32_MAX;
}

}  // namespace zoetrope::group_norm_silu_tiles
