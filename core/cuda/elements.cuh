// Elements of the three dtypes in a kernel: conversion to and from f32, several moved in one access, and the
// choice of the type.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>
#include <stdint.h>
#include <string.h>

#include "core/cuda/dtype.h"

namespace zoetrope {

inline __device__ float to_float(float value) { return value; }
inline __device__ float to_float(__half value) { return __half2float(value); }
inline __device__ float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }
inline __device__ void from_float(float value, float& result) { result = value; }
inline __device__ void from_float(float value, __half& result) { result = __float2half_rn(value); }
inline __device__ void from_float(float value, __nv_bfloat16& result) { result = __float2bfloat16_rn(value); }

// `Lanes` neighbouring elements, moved in one access.
template <class Element, int Lanes>
struct alignas(sizeof(Element) * Lanes) element_vector {
  Element lane[Lanes];
};

// Neighbouring elements as they lie in memory; 16 bytes as words, for in halves they would take twice the
// registers.
template <class Element, int Lanes, bool IsWhole = sizeof(Element) * Lanes == 16>
struct packed_vector {
  __device__ float at(int i) const { return to_float(elements.lane[i]); }
  element_vector<Element, Lanes> elements;
};
template <class Element, int Lanes>
struct alignas(16) packed_vector<Element, Lanes, true> {
  __device__ float at(int i) const {
    constexpr int in_word = 4 / sizeof(Element);
    Element of_word[in_word];
    memcpy(of_word, &word[i / in_word], sizeof(of_word));
    return to_float(of_word[i % in_word]);
  }
  uint32_t word[4];
};

// A kernel that asks for several vectors before it uses (or stores) the first has more bytes on their way;
// the compiler does not move a load ahead of a store, which might be to the same place.
template <class Element, int Lanes>
inline __device__ packed_vector<Element, Lanes> load_packed(const void* from, int64_t index) {
  return *reinterpret_cast<const packed_vector<Element, Lanes>*>(static_cast<const Element*>(from) + index);
}
template <class Element, int Lanes>
inline __device__ void unpack(const packed_vector<Element, Lanes>& packed, float (&result)[Lanes]) {
#pragma unroll
  for (int i = 0; i < Lanes; ++i) result[i] = packed.at(i);
}
template <class Element, int Lanes>
inline __device__ void load(const void* from, int64_t index, float (&result)[Lanes]) {
  unpack(load_packed<Element, Lanes>(from, index), result);
}

// 16 bytes that nothing writes while the kernel runs.
inline __device__ uint4 read_only(const void* from) {
#ifdef __CUDACC__
  return __ldg(static_cast<const uint4*>(from));
#else
  uint4 piece;
  memcpy(&piece, from, sizeof(piece));
  return piece;
#endif
}

// 16 bytes to global memory in one access, `to` aligned so. An assignment may be compiled to several narrower
// stores, even that of a uint4; this is one instruction.
template <class Vector>
inline __device__ void store_16_bytes(const Vector& vector, void* to) {
  static_assert(sizeof(Vector) == 16);
#ifdef __CUDACC__
  uint4 word;
  memcpy(&word, &vector, sizeof(word));
  asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(word.x), "r"(word.y), "r"(word.z),
               "r"(word.w)
               : "memory");
#else
  *static_cast<Vector*>(to) = vector;
#endif
}

template <class Element, int Lanes>
inline __device__ void store(void* to, int64_t index, const float (&values)[Lanes]) {
  element_vector<Element, Lanes> packed;
#pragma unroll
  for (int i = 0; i < Lanes; ++i) from_float(values[i], packed.lane[i]);
  Element* const place = static_cast<Element*>(to) + index;
  if constexpr (sizeof(packed) == 16)
    store_16_bytes(packed, place);
  else
    *reinterpret_cast<element_vector<Element, Lanes>*>(place) = packed;
}

// Whether 16 bytes may be moved at once. A pointer that is null stands for memory that is not used.
inline bool aligned(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 == 0; }

/// A number of lanes as a type, to choose a kernel by.
template <int Lanes>
struct lane_count {
  static constexpr int value = Lanes;
};

template <class Element>
struct element_type {
  using type = Element;
};

/// task(element_type<Element>()) for the type that `dtype` names.
template <class Task>
auto with_element(int dtype, const Task& task) {
  switch (dtype) {
    case zt_f16:
      return task(element_type<__half>());
    case zt_bf16:
      return task(element_type<__nv_bfloat16>());
    default:
      return task(element_type<float>());
  }
}

inline int64_t divided_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

inline __device__ double sum_over_warp(double value) {
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
  return value;
}
inline __device__ float sum_over_warp(float value) {
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
  return value;
}
// Over `Width` neighbouring lanes, a power of two; the whole warp takes part.
template <int Width>
inline __device__ float sum_over_lanes(float value) {
#pragma unroll
  for (int step = Width / 2; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
  return value;
}

}  // namespace zoetrope
