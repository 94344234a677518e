// How the kernels of hopper_attention.h lay tiles out in shared memory and what a lane holds (PTX ISA,
// "Asynchronous warpgroup level matrix instructions"; the instructions themselves are in hopper_ptx.cuh).
//
// A tile in shared memory: rows (keys) of 64 channels of 16 bits = 128 bytes, one under the other; wider rows
// are cut into panels of 64 channels, one panel behind the other. Within 8 rows (1024 bytes, aligned so) the
// eight pieces of 16 bytes of row r are swapped: piece c lies at c ^ (r % 8). The hardware undoes it by
// address bits: bits 4..6 ^= bits 7..9.
//
//   byte of (row, channel c) = c / 64 * rows * 128 + row * 128 + ((c % 64 / 8) ^ (row % 8)) * 16 + c % 8 * 2
//
// The same bytes serve both products. In units of 16 bytes (cute: canonical layouts of GmmaDescriptor):
//   q kT   B is K-major: ((8, n), (T, 2)) : ((8T, SBO), (1, T)). 8 rows 128 bytes apart, the next 8 rows
//          SBO = 1024 bytes further; 16 channels further = a start address 32 bytes further, since the
//          swizzle follows the address bits; LBO is not used
//   p v    B is MN-major: ((T, 8, m), (8, k)) : ((1, T, LBO), (8T, SBO)). 64 channels in a row of 128 bytes,
//          the next 64 LBO = a panel further; 8 keys 128 bytes apart, the next 8 SBO = 1024 bytes further
//
// Accumulators (64 x N, f32): warp w of the four has rows 16 w …; lane = 4 group + pair holds d[4 t + 0, 1]:
// row group, columns 8 t + 2 pair, + 1; d[4 t + 2, 3]: row group + 8. A (64 x 16, registers): a0: row group,
// columns 2 pair, + 1; a1: row group + 8; a2, a3: the same, 8 columns further.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <stdint.h>
#include <string.h>

#include <type_traits>

#include "attention/kernels/hopper_ptx.cuh"

namespace zoetrope::hopper {

constexpr int row_bytes = 128, panel_channels = 64;

// Bits 0-13: start >> 4, 16-29: LBO >> 4, 32-45: SBO >> 4, 62-63: 1 = 128-byte swizzle.
inline __device__ uint64_t descriptor(uint32_t start, uint32_t leading, uint32_t stride) {
  return static_cast<uint64_t>((start & 0x3ffff) >> 4) | static_cast<uint64_t>(leading >> 4) << 16 |
         static_cast<uint64_t>(stride >> 4) << 32 | uint64_t{1} << 62;
}

// Two 16-bit elements, the first in the low half, by one conversion.
template <class Element>
inline __device__ uint32_t packed(float first, float second) {
  uint32_t bits;
  if constexpr (std::is_same_v<Element, __half>) {
    const __half2 both = __floats2half2_rn(first, second);
    memcpy(&bits, &both, sizeof bits);
  } else {
    const __nv_bfloat162 both = __floats2bfloat162_rn(first, second);
    memcpy(&bits, &both, sizeof bits);
  }
  return bits;
}

// Lane l of a quad holds row l of a 4 x 4 matrix of words, and gets column l.
inline __device__ void transpose_in_quad(uint32_t (&w)[4]) {
  const bool odd = threadIdx.x & 1, upper = threadIdx.x & 2;
  const auto swap = [](uint32_t& kept_by_low, uint32_t& kept_by_high, bool high, int distance) {
    // the low lane keeps the first and gives the second, the high lane the other way round
    const uint32_t got = __shfl_xor_sync(0xffffffffu, high ? kept_by_low : kept_by_high, distance);
    (high ? kept_by_low : kept_by_high) = got;
  };
  swap(w[0], w[1], odd, 1);
  swap(w[2], w[3], odd, 1);
  swap(w[0], w[2], upper, 2);
  swap(w[1], w[3], upper, 2);
}

}  // namespace zoetrope::hopper
