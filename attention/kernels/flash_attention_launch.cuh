// How the flash kernels are launched: a block of four warps for 64 rows of one (outer, inner, head), all
// along gridDim.x.
#pragma once

#include "attention/kernels/flash_attention.h"
#include "attention/kernels/shared_tiles.cuh"

namespace zoetrope::attention_tiles {

constexpr int widest = 256;

inline bool flash_serves(const zt_attention& p) {
  return p.tokens > 0 && p.keys > 0 && p.tokens < INT32_MAX && p.keys < INT32_MAX && p.head_dim > 0 &&
         p.head_dim % 8 == 0 && p.head_dim <= widest && p.dtype <= zt_bf16 && p.relative_k == nullptr &&
         p.relative_v == nullptr && p.q_rotation.cosine == nullptr && p.k_rotation.cosine == nullptr;
}

template <int Passes>
struct pass_count {
  static constexpr int value = Passes;
};

// task(element type, number of rounds of 64 channels)
template <class Task>
int with_passes(const zt_attention& p, const Task& task) {
  return with_element(p.dtype, [&](auto element) -> int {
    if (p.head_dim <= 64) return task(element, pass_count<1>());
    if (p.head_dim <= 128) return task(element, pass_count<2>());
    if (p.head_dim <= 192) return task(element, pass_count<3>());
    return task(element, pass_count<4>());
  });
}

// The block's (outer, inner, head) and the first of its rows.
struct block_place {
  __device__ block_place(const zt_attention& p, int64_t rows)
      : here(p, blockIdx.x / blocks_of(rows)),
        first_row(static_cast<int>(blockIdx.x % blocks_of(rows)) * block_rows +
                  static_cast<int>(threadIdx.x) / warp * tile_rows) {}
  static __host__ __device__ int64_t blocks_of(int64_t rows) { return (rows + block_rows - 1) / block_rows; }
  const place here;
  const int first_row;  // of the warp
};

inline int launch_rows(void (*kernel)(zt_attention), const zt_attention& p, int64_t rows,
                       int64_t shared_bytes, void* stream) {
  const int64_t blocks = p.outer * p.inner * p.heads * block_place::blocks_of(rows);
  if (blocks > INT32_MAX) return cudaErrorInvalidConfiguration;
  launch(kernel, dim3(static_cast<unsigned>(blocks)), dim3(block_warps * warp),
         static_cast<std::size_t>(shared_bytes), static_cast<cudaStream_t>(stream), p);
  return cudaGetLastError();
}

// 16-bit kernels see 64 columns at a time, f32 ones 32: twice the bytes.
template <class Element>
constexpr int forward_tiles = sizeof(Element) == 2 ? 8 : 4;
constexpr int backward_tiles = 4;

}  // namespace zoetrope::attention_tiles
