// The PTX instructions of our attention kernels, each in a function of its own, and the same in plain C++ for
// the emulator. Fragment layouts: PTX ISA, "Matrix fragments for mma.m16n8k16 with floating point type". Lane
// = 4 * group + pair:
//   A (16 x 16)  a0: row group, columns 2 pair, + 1   a1: row group + 8   a2, a3: the same, 8 columns further
//   B (16 x 8)   b0: rows 2 pair, + 1, column group   b1: 8 rows further
//   C (16 x 8)   c0, c1: row group, columns 2 pair, + 1   c2, c3: row group + 8
#pragma once

#include <string.h>

#include "core/cuda/elements.cuh"

namespace zoetrope {

// Two 16-bit elements, the first in the low half.
template <class Element>
inline __device__ uint32_t pair_of(Element first, Element second) {
  const Element both[2] = {first, second};
  uint32_t bits;
  memcpy(&bits, both, sizeof(bits));
  return bits;
}
template <class Element>
inline __device__ uint32_t rounded_pair(float first, float second) {
  Element both[2];
  from_float(first, both[0]);
  from_float(second, both[1]);
  return pair_of(both[0], both[1]);
}

#ifdef __CUDACC__

// The low (high) halves of two words, a's below b's
inline __device__ uint32_t low_halves(uint32_t a, uint32_t b) { return __byte_perm(a, b, 0x5410); }
inline __device__ uint32_t high_halves(uint32_t a, uint32_t b) { return __byte_perm(a, b, 0x7632); }

// c += a b, with sums in f32
inline __device__ void multiply_add(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], __half) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
      "%1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
inline __device__ void multiply_add(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                                    __nv_bfloat16) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#else

inline uint32_t low_halves(uint32_t a, uint32_t b) { return (a & 0xffffu) | b << 16; }
inline uint32_t high_halves(uint32_t a, uint32_t b) { return a >> 16 | (b & 0xffff0000u); }

template <class Element>
inline void multiply_add(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], Element) {
  struct fragments {
    uint32_t a[4], b[2];
  };
  const fragments own{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  fragments all[32];
  cuda_emulation::gather(own, all);
  const auto half = [](uint32_t pair, int which) {
    Element both[2];
    memcpy(both, &pair, sizeof(pair));
    return to_float(both[which]);
  };
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4 + (i / 2) * 8, column = lane % 4 * 2 + i % 2;
    for (int k = 0; k < 16; ++k) {
      const int pair = k % 8 / 2;
      const uint32_t of_a = all[row % 8 * 4 + pair].a[row / 8 + k / 8 * 2],
                     of_b = all[column * 4 + pair].b[k / 8];
      c[i] += half(of_a, k % 2) * half(of_b, k % 2);
    }
  }
}

#endif

}  // namespace zoetrope
