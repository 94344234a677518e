// Tiles of keys, values, queries, … in shared memory, brought there by cp.async while the block computes on
// those before.
//
// Rows lie a pitch apart that keeps the 16-byte accesses of attention_tiles.cuh clear of each other's banks:
// eight lanes go at once, and read in q kᵀ two rows, four pieces of 16 bytes of each (pitch 64 more than a
// multiple of 128), in p v four rows two apart, two pieces of each (pitch 16 more than a multiple of 64).
#pragma once

#include <cuda_pipeline.h>

#include "attention/kernels/attention_tiles.cuh"
#include "core/cuda/launch.cuh"

namespace zoetrope::attention_tiles {

constexpr int block_warps = 4;
constexpr int block_rows = block_warps * tile_rows;
constexpr int64_t most_shared_bytes = 160 << 10;  // an A100 has 163 KB a block

// Least number of elements that holds `channels` and is `beyond` bytes more than a multiple of `period`
// bytes.
template <class Element>
inline __host__ __device__ int pitch(int64_t channels, int period, int beyond) {
  const int64_t bytes = channels * static_cast<int64_t>(sizeof(Element));
  const int64_t whole = bytes <= beyond ? 0 : (bytes - beyond + period - 1) / period * period;
  return static_cast<int>((whole + beyond) / static_cast<int64_t>(sizeof(Element)));
}
template <class Element>
inline __host__ __device__ int product_pitch(int64_t channels) {
  return pitch<Element>(channels, 128, 64);
}
template <class Element>
inline __host__ __device__ int weighted_pitch(int64_t channels) {
  return pitch<Element>(channels, 64, 16);
}

// Begins to copy rows first … first + count, zeros beyond the last that is there; the whole block takes part.
template <class Element>
inline __device__ void copy_rows(Element* to, int to_pitch, const rows_of<Element>& from, int first,
                                 int count) {
  constexpr int piece = 16 / sizeof(Element);
  const int pieces = from.channels / piece;
  for (int i = static_cast<int>(threadIdx.x); i < count * pieces; i += block_warps * warp) {
    const int row = i / pieces, channel = i % pieces * piece;
    const bool there = first + row < from.count;
    const Element* source = from.data + (there ? (first + row) * from.stride + channel : 0);
    __pipeline_memcpy_async(to + row * to_pitch + channel, source, 16, there ? 0 : 16);
  }
}

// Two tiles of rows that are used together, twice: one pair is filled while the other is used.
template <class Element>
struct tile_pairs {
  __device__ tile_pairs(int rows, int first_pitch, int second_pitch)
      : memory(dynamic_shared<Element>()), rows(rows), first_pitch(first_pitch), second_pitch(second_pitch) {}
  static int64_t bytes(int rows, int first_pitch, int second_pitch) {
    return 2 * int64_t{rows} * (first_pitch + second_pitch) * static_cast<int64_t>(sizeof(Element));
  }

  // One stage of the pipeline, to be waited for by wait().
  __device__ void fill(int step, const rows_of<Element>& first, const rows_of<Element>& second) const {
    copy_rows(first_of(step), first_pitch, first, step * rows, rows);
    copy_rows(second_of(step), second_pitch, second, step * rows, rows);
    __pipeline_commit();
  }
  // Until step's pair is there; `next_is_coming`: one more fill() may still be on its way.
  __device__ void wait(bool next_is_coming) const {
    if (next_is_coming)
      __pipeline_wait_prior(1);
    else
      __pipeline_wait_prior(0);
    __syncthreads();
  }
  __device__ rows_of<Element> first(int step, int channels) const {
    return {first_of(step), first_pitch, rows, channels};
  }
  __device__ rows_of<Element> second(int step, int channels) const {
    return {second_of(step), second_pitch, rows, channels};
  }

 private:
  __device__ Element* first_of(int step) const {
    return memory + step % 2 * rows * (first_pitch + second_pitch);
  }
  __device__ Element* second_of(int step) const { return first_of(step) + rows * first_pitch; }

  Element* memory;
  int rows, first_pitch, second_pitch;
};

// body(step, pair step of the tiles is there): over all rows of both, a tile at a time.
template <class Element, class Body>
inline __device__ void over_tile_pairs(const tile_pairs<Element>& tiles, int rows_a_tile,
                                       const rows_of<Element>& first, const rows_of<Element>& second,
                                       const Body& body) {
  const int steps = (first.count + rows_a_tile - 1) / rows_a_tile;
  tiles.fill(0, first, second);
  for (int step = 0; step < steps; ++step) {
    const bool more = step + 1 < steps;
    if (more) tiles.fill(step + 1, first, second);
    tiles.wait(more);
    body(step);
    __syncthreads();  // before the pair is filled again
  }
}

}  // namespace zoetrope::attention_tiles
