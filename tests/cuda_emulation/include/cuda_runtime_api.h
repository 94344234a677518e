// Stands in for CUDA's header of this name where kernels run on a CPU: the part of the language and of the
// runtime that our kernels use. See ../README.md.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "cuda_emulation/fibers.hpp"

#define __global__
#define __device__
#define __host__
#define __constant__ static const
// In a function thread_local implies static: one copy a block, since blocks run one after the other.
#define __shared__ constinit thread_local
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define __grid_constant__

// ---- types

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
using uint3 = cuda_emulation::index3;
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

#define threadIdx cuda_emulation::thread_index
#define blockIdx cuda_emulation::block_index
#define blockDim cuda_emulation::block_size
#define gridDim cuda_emulation::grid_size
constexpr int warpSize = 32;

// ---- barriers and warp operations

inline void __syncthreads() { cuda_emulation::wait_for_block(); }
inline void __syncwarp(unsigned mask = 0xffffffffu) { cuda_emulation::exchange(mask, "", 1); }
inline void __threadfence() {}
inline void __threadfence_block() {}

namespace cuda_emulation {

/// What `source(lane, first lane of its segment)` gives; a source outside of the segment leaves the own
/// value.
template <class Type, class Source>
Type shuffle(unsigned mask, const Type& own, int width, const Source& source) {
  static_assert(sizeof(Type) <= largest_exchange);
  exchange(mask, &own, sizeof own);
  const int self = lane(), first = self / width * width, wanted = source(self, first);
  if (wanted < first || wanted >= first + width) return own;
  Type result;
  memcpy(&result, given_by(wanted), sizeof result);
  return result;
}

/// All 32 lanes' values, for what is not written by shuffles (tensor cores).
template <class Type>
void gather(const Type& own, Type (&all)[32]) {
  static_assert(sizeof(Type) <= largest_exchange);
  exchange(0xffffffffu, &own, sizeof own);
  for (int lane = 0; lane < 32; ++lane) memcpy(&all[lane], given_by(lane), sizeof own);
}

}  // namespace cuda_emulation

template <class Type>
Type __shfl_sync(unsigned mask, Type value, int from, int width = 32) {
  return cuda_emulation::shuffle(mask, value, width,
                                 [&](int, int first) { return first + (from & (width - 1)); });
}
template <class Type>
Type __shfl_xor_sync(unsigned mask, Type value, int bits, int width = 32) {
  return cuda_emulation::shuffle(mask, value, width, [&](int self, int) { return self ^ bits; });
}
template <class Type>
Type __shfl_up_sync(unsigned mask, Type value, unsigned by, int width = 32) {
  return cuda_emulation::shuffle(mask, value, width,
                                 [&](int self, int) { return self - static_cast<int>(by); });
}
template <class Type>
Type __shfl_down_sync(unsigned mask, Type value, unsigned by, int width = 32) {
  return cuda_emulation::shuffle(mask, value, width,
                                 [&](int self, int) { return self + static_cast<int>(by); });
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  cuda_emulation::exchange(mask, &predicate, sizeof predicate);
  unsigned result = 0;
  for (int lane = 0; lane < 32; ++lane) {
    int given = 0;
    if ((mask >> lane & 1) != 0) memcpy(&given, cuda_emulation::given_by(lane), sizeof given);
    result |= static_cast<unsigned>(given != 0) << lane;
  }
  return result;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) {
  return (__ballot_sync(mask, predicate) & mask) == mask;
}

// One thread runs at a time: nothing more is needed to be atomic.
template <class Type, class Value>
Type atomicAdd(Type* at, Value value) {
  const Type before = *at;
  *at = before + static_cast<Type>(value);
  return before;
}

// ---- arithmetic

inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline float __int_as_float(int bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
inline int __float_as_int(float value) {
  int bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float __uint_as_float(unsigned bits) { return __int_as_float(static_cast<int>(bits)); }
inline unsigned __float_as_uint(float value) { return static_cast<unsigned>(__float_as_int(value)); }
template <class Type>
Type __ldg(const Type* from) {
  return *from;
}
template <class Type>
Type __ldcs(const Type* from) {
  return *from;
}
template <class Type>
void __stcs(Type* to, Type value) {
  *to = value;
}
using std::max;
using std::min;

// ---- the runtime

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorNotSupported = 801
};
using cudaStream_t = void*;
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

namespace cuda_emulation {
/// As compute capability 9.0 has it.
constexpr size_t most_shared_bytes = 227 << 10;
cudaError_t& last_error();
bool fits(dim3 grid, dim3 block, size_t shared_bytes);
}  // namespace cuda_emulation

inline cudaError_t cudaGetLastError() { return std::exchange(cuda_emulation::last_error(), cudaSuccess); }
inline cudaError_t cudaPeekAtLastError() { return cuda_emulation::last_error(); }

template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel*, cudaFuncAttribute, int bytes) {
  if (static_cast<size_t>(bytes) <= cuda_emulation::most_shared_bytes) return cudaSuccess;
  return cuda_emulation::last_error() = cudaErrorInvalidValue;
}

// ---- the device

enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76
};
inline cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device);

enum cudaDriverEntryPointQueryResult { cudaDriverEntryPointSuccess };
constexpr unsigned long long cudaEnableDefault = 0;
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned version,
                                             unsigned long long flags,
                                             cudaDriverEntryPointQueryResult* result);

template <class... Parameters>
cudaError_t cudaLaunchKernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, void** arguments,
                             size_t shared_bytes, cudaStream_t) {
  if (!cuda_emulation::fits(grid, block, shared_bytes))
    return cuda_emulation::last_error() = cudaErrorInvalidConfiguration;
  auto body = [&]<size_t... I>(std::index_sequence<I...>) {
    return [=] {
      kernel(*static_cast<std::remove_cv_t<std::remove_reference_t<Parameters>>*>(arguments[I])...);
    };
  }
  (std::index_sequence_for<Parameters...>());
  cuda_emulation::run_grid(
      {grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, shared_bytes,
      [](void* context) { (*static_cast<decltype(body)*>(context))(); }, &body);
  return cudaSuccess;
}
