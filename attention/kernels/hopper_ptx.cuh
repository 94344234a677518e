// The PTX of the kernels of hopper_attention.h, each instruction in a function of its own: wgmma, mbarrier,
// the tensor copy engine (PTX ISA, "Asynchronous warpgroup level matrix instructions", "mbarrier",
// "cp.async.bulk.tensor"). Addresses of shared memory are 32 bits, as PTX has them. The emulator has a file
// of this name of its own (tests/cuda_emulation/include).
#pragma once

#include <cuda.h>
#include <cuda_fp16.h>
#include <stdint.h>

#include <type_traits>

namespace zoetrope::hopper {

inline __device__ uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

inline __device__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
inline __device__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int Pending>
inline __device__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}
// Keeps the compiler from moving uses of accumulators over what stands around this.
template <int Count>
inline __device__ void pin(float (&d)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i) asm volatile("" : "+f"(d[i])::"memory");
}
template <int Count>
inline __device__ void pin(uint32_t (&a)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i) asm volatile("" : "+r"(a[i])::"memory");
}

#define ZT_F8(d, i)                                                                           \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), \
      "+f"(d[i + 6]), "+f"(d[i + 7])
#define ZT_F32(d, i) ZT_F8(d, i), ZT_F8(d, i + 8), ZT_F8(d, i + 16), ZT_F8(d, i + 24)
#define ZT_N32                                                                                              \
  "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%" \
  "28,%29,"                                                                                                 \
  "%30,%31"
#define ZT_N40 ZT_N32 ",%32,%33,%34,%35,%36,%37,%38,%39"
#define ZT_N64                                                                                             \
  ZT_N32                                                                                                   \
  ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%" \
  "57,%58,%59,"                                                                                            \
  "%60,%61,%62,%63"

// d = a b (+ d where `add`): a 64 x 16 in registers, or in shared memory by its descriptor (K-major); b 16 x
// N in shared memory. The last operands are "transposed" bits, of which an a in registers has none.
#define ZT_WGMMA(N, TYPE, SUMS, A, B, ADD, TRANSPOSED)                                    \
  "{ .reg .pred p; setp.ne.b32 p, " ADD                                                   \
  ", 0;\n"                                                                                \
  "wgmma.mma_async.sync.aligned.m64n" N "k16.f32." TYPE "." TYPE " {" SUMS "}, " A ", " B \
  ", p, 1, 1, " TRANSPOSED "; }"
#define ZT_IN_REGISTERS "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add), "n"(int{MnMajor})
#define ZT_IN_MEMORY "l"(a), "l"(b), "r"(add), "n"(int{MnMajor})

#define ZT_TYPED(Instruction, ...)                  \
  if constexpr (std::is_same_v<Element, __half>)    \
    asm volatile(Instruction("f16") : __VA_ARGS__); \
  else                                              \
    asm volatile(Instruction("bf16") : __VA_ARGS__)

#define ZT_RS_64(TYPE) ZT_WGMMA("64", TYPE, ZT_N32, "{%32,%33,%34,%35}", "%36", "%37", "%38")
#define ZT_RS_128(TYPE) ZT_WGMMA("128", TYPE, ZT_N64, "{%64,%65,%66,%67}", "%68", "%69", "%70")
#define ZT_SS_80(TYPE) ZT_WGMMA("80", TYPE, ZT_N40, "%40", "%41", "%42", "0, %43")
#define ZT_SS_128(TYPE) ZT_WGMMA("128", TYPE, ZT_N64, "%64", "%65", "%66", "0, %67")
template <class Element, bool MnMajor>
inline __device__ void wgmma(float (&d)[32], const uint32_t (&a)[4], uint64_t b, int add) {
  ZT_TYPED(ZT_RS_64, ZT_F32(d, 0) : ZT_IN_REGISTERS);
}
template <class Element, bool MnMajor>
inline __device__ void wgmma(float (&d)[64], const uint32_t (&a)[4], uint64_t b, int add) {
  ZT_TYPED(ZT_RS_128, ZT_F32(d, 0), ZT_F32(d, 32) : ZT_IN_REGISTERS);
}
template <class Element, bool MnMajor>
inline __device__ void wgmma(float (&d)[40], uint64_t a, uint64_t b, int add) {
  ZT_TYPED(ZT_SS_80, ZT_F32(d, 0), ZT_F8(d, 32) : ZT_IN_MEMORY);
}
template <class Element, bool MnMajor>
inline __device__ void wgmma(float (&d)[64], uint64_t a, uint64_t b, int add) {
  ZT_TYPED(ZT_SS_128, ZT_F32(d, 0), ZT_F32(d, 32) : ZT_IN_MEMORY);
}
#undef ZT_RS_64
#undef ZT_RS_128
#undef ZT_SS_80
#undef ZT_SS_128
#undef ZT_TYPED
#undef ZT_IN_REGISTERS
#undef ZT_IN_MEMORY
#undef ZT_WGMMA
#undef ZT_N32
#undef ZT_N40
#undef ZT_N64
#undef ZT_F8
#undef ZT_F32

inline __device__ float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

inline __device__ void barrier_init(uint32_t barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
inline __device__ void barrier_init_done() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
inline __device__ void barrier_expect(uint32_t barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}
inline __device__ void barrier_arrive(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
inline __device__ void barrier_wait(uint32_t barrier, int parity) {
  uint32_t done = 0;
  while (!done)
    asm volatile(
        "{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.b32 %0, 1, 0, p; }"
        : "=r"(done)
        : "r"(barrier), "r"(parity)
        : "memory");
}
// A box of 64 channels x rows to shared memory, swizzled; counted in bytes by the barrier.
inline __device__ void copy_box(uint32_t to, const CUtensorMap& map, uint32_t barrier, int channel, int row,
                                int head, int inner, int outer) {
  asm volatile(
      "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, "
      "%6, %7}], [%2];" ::"r"(to),
      "l"(&map), "r"(barrier), "r"(channel), "r"(row), "r"(head), "r"(inner), "r"(outer)
      : "memory");
}

// 16 bytes to global memory in one access (an assignment of a uint4 may be compiled to four).
inline __device__ void store_16(void* to, const uint32_t (&w)[4]) {
  asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(w[0]), "r"(w[1]), "r"(w[2]),
               "r"(w[3])
               : "memory");
}

}  // namespace zoetrope::hopper
