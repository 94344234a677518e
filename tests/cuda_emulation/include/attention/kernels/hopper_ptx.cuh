// Stands in for the PTX of this name. Matrices are read by the bits of their descriptors and through the
// swizzle, barriers are counted, as the PTX ISA has them; what is asynchronous there is done at once. Shared
// memory: bytes from the block's first.
#pragma once

#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <stdexcept>
#include <type_traits>

namespace zoetrope::hopper {

inline unsigned char* shared_bytes_at(uint32_t address) {
  return static_cast<unsigned char*>(cuda_emulation::dynamic_shared()) + address;
}
inline uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(static_cast<const unsigned char*>(p) - shared_bytes_at(0));
}
inline uint32_t swizzled(uint32_t address) { return address ^ (address >> 7 & 7) << 4; }

// ---- wgmma

inline void wgmma_fence() {}
inline void wgmma_commit() {}
// .sync.aligned: then all lanes of the warp have read what their product reads.
template <int Pending>
void wgmma_wait() {
  __syncwarp();
}
template <class Array>
void pin(Array&) {}

template <class Element>
float element_at(const void* p) {
  Element x;
  memcpy(&x, p, sizeof x);
  if constexpr (std::is_same_v<Element, __half>)
    return __half2float(x);
  else
    return __bfloat162float(x);
}

// Element (mn, k) of the matrix that a descriptor describes.
template <class Element>
float element_of(uint64_t d, bool mn_major, int mn, int k) {
  const auto field = [d](int bit) { return static_cast<uint32_t>(d >> bit & 0x3fff) << 4; };
  if (d >> 62 != 1) throw std::runtime_error("wgmma: a descriptor without the swizzle of 128 bytes");
  const uint32_t start = field(0), leading = field(16), stride = field(32);
  const uint32_t at = mn_major ? mn % 64 * 2 + mn / 64 * leading + k % 8 * 128 + k / 8 * stride
                               : mn % 8 * 128 + mn / 8 * stride + k * 2;
  return element_at<Element>(shared_bytes_at(swizzled(start + at)));
}

// The lane's sums, of rows[0] (its group) and rows[1] (8 further).
template <class Element, bool MnMajor, int Count>
void add_product(float (&d)[Count], const float (&rows)[2][16], uint64_t b, bool add) {
  const int pair = cuda_emulation::lane() % 4;
  for (int i = 0; i < Count; ++i) {
    if (!add) d[i] = 0;
    for (int k = 0; k < 16; ++k)
      d[i] += rows[i / 2 % 2][k] * element_of<Element>(b, MnMajor, i / 4 * 8 + 2 * pair + i % 2, k);
  }
}
template <class Element, bool MnMajor, int Count>
void wgmma(float (&d)[Count], const uint32_t (&a)[4], uint64_t b, bool add) {
  struct words {
    uint32_t a[4];
  };
  words all[32];
  cuda_emulation::gather(words{{a[0], a[1], a[2], a[3]}}, all);
  float rows[2][16];
  for (int half = 0; half < 2; ++half)
    for (int k = 0; k < 16; ++k) {
      const uint32_t both = all[cuda_emulation::lane() / 4 * 4 + k % 8 / 2].a[half + k / 8 * 2];
      const auto bits = static_cast<uint16_t>(both >> k % 2 * 16);
      rows[half][k] = element_at<Element>(&bits);
    }
  add_product<Element, MnMajor>(d, rows, b, add);
}
template <class Element, bool MnMajor, int Count>
void wgmma(float (&d)[Count], uint64_t a, uint64_t b, bool add) {
  const int row = static_cast<int>(threadIdx.x) % 128 / 32 * 16 + cuda_emulation::lane() / 4;
  float rows[2][16];
  for (int half = 0; half < 2; ++half)
    for (int k = 0; k < 16; ++k) rows[half][k] = element_of<Element>(a, false, row + 8 * half, k);
  __syncwarp();
  add_product<Element, MnMajor>(d, rows, b, add);
}

// ---- mbarrier, in eight bytes of shared memory

struct phase_barrier {
  uint8_t arrivals, pending;
  uint16_t phase;
  int32_t bytes;
};
inline phase_barrier& barrier_at(uint32_t at) {
  return *reinterpret_cast<phase_barrier*>(shared_bytes_at(at));
}
inline void count(uint32_t at, int arrivals, int bytes) {
  phase_barrier& b = barrier_at(at);
  b.pending = static_cast<uint8_t>(b.pending - arrivals);
  b.bytes += bytes;
  if (b.pending != 0 || b.bytes != 0) return;
  b.pending = b.arrivals;
  ++b.phase;
}
inline void barrier_init(uint32_t at, int arrivals) {
  const auto all = static_cast<uint8_t>(arrivals);
  barrier_at(at) = {all, all, 0, 0};
}
inline void barrier_init_done() {}
inline void barrier_expect(uint32_t at, int bytes) { count(at, 1, bytes); }
inline void barrier_arrive(uint32_t at) { count(at, 1, 0); }
inline void barrier_wait(uint32_t at, int parity) {
  struct awaited {
    const phase_barrier& barrier;
    int parity;
  } const state{barrier_at(at), parity};
  const auto met = [](const void* p) {
    const awaited& a = *static_cast<const awaited*>(p);
    return a.barrier.phase % 2 != a.parity;
  };
  if (!met(&state)) cuda_emulation::wait_until(met, &state);
}

// ---- the tensor copy engine

inline void copy_box(uint32_t to, const CUtensorMap& map, uint32_t barrier, int channel, int row, int head,
                     int inner, int outer) {
  const unsigned char* from =
      map.data + channel * 2 + head * map.strides[1] + inner * map.strides[2] + outer * map.strides[3];
  for (uint32_t r = 0; r < map.rows; ++r)
    for (uint32_t piece = 0; piece < 8; ++piece) {
      unsigned char* at = shared_bytes_at(swizzled(to + r * 128 + piece * 16));
      if (row + r < map.sizes[1])
        memcpy(at, from + (row + r) * map.strides[0] + piece * 16, 16);
      else
        memset(at, 0, 16);
    }
  count(barrier, 0, -static_cast<int>(map.rows * 128));
}

// ---- the rest

inline float exp2_fast(float x) { return std::exp2(x); }
inline void store_16(void* to, const uint32_t (&w)[4]) { memcpy(to, w, 16); }

}  // namespace zoetrope::hopper
