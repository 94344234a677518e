// How the short kernels are launched: four warps a block, each with jobs of its own; the number of columns is
// a template argument of 8, 16, 32 or 64.
#pragma once

#include "attention/kernels/attention_tiles.cuh"
#include "attention/kernels/short_attention.h"
#include "core/cuda/launch.cuh"

namespace zoetrope::attention_tiles {

constexpr int job_warps = 4;

inline __host__ __device__ int tiles_of(int64_t rows) {
  return static_cast<int>((rows + tile_rows - 1) / tile_rows);
}
inline __device__ int64_t first_job() { return blockIdx.x * int64_t{job_warps} + threadIdx.x / warp; }
inline __device__ int64_t job_stride() { return gridDim.x * int64_t{job_warps}; }

inline bool served(const zt_attention& p) {
  return p.tokens > 0 && p.keys > 0 && p.tokens <= zt_short_attention_most &&
         p.keys <= zt_short_attention_most && p.head_dim > 0 && p.head_dim % 8 == 0 &&
         p.head_dim <= zt_attention_widest && p.dtype <= zt_bf16;
}

inline __device__ void store_lse(const zt_attention& p, int64_t index, int first_row, const row_sums& sums) {
  if (p.lse == nullptr || pair() != 0) return;
  for (int half = 0; half < 2; ++half) {
    const int row = first_row + row_of(2 * half);
    if (row < p.tokens) static_cast<float*>(p.lse)[index * p.tokens + row] = sums.lse(half);
  }
}

template <int Tiles>
struct tile_count {
  static constexpr int value = Tiles;
};

// task(element type, number of tiles of 8 columns)
template <class Task>
int with_tiles(const zt_attention& p, int64_t columns, const Task& task) {
  return with_element(p.dtype, [&](auto element) -> int {
    if (columns <= 8) return task(element, tile_count<1>());
    if (columns <= 16) return task(element, tile_count<2>());
    if (columns <= 32) return task(element, tile_count<4>());
    return task(element, tile_count<8>());
  });
}

inline void launch_jobs(void (*kernel)(zt_attention), const zt_attention& p, int64_t jobs, void* stream) {
  constexpr int64_t most_blocks = int64_t{1} << 30;
  const int64_t blocks = divided_up(jobs, job_warps);
  launch(kernel, dim3(static_cast<unsigned>(blocks < most_blocks ? blocks : most_blocks)),
         dim3(job_warps * warp), 0, static_cast<cudaStream_t>(stream), p);
}

}  // namespace zoetrope::attention_tiles
