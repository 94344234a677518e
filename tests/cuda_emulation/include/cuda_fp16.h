// Stands in for CUDA's header of this name: __half by the compiler's own _Float16, which rounds to nearest,
// ties to even.
#pragma once

#include <cuda_runtime_api.h>

struct alignas(2) __half {
  uint16_t bits;
};
struct alignas(4) __half2 {
  __half x, y;
};
using half = __half;
using half2 = __half2;

inline float __half2float(__half value) {
  _Float16 number;
  memcpy(&number, &value, sizeof number);
  return static_cast<float>(number);
}
inline __half __float2half_rn(float value) {
  const auto number = static_cast<_Float16>(value);
  __half result;
  memcpy(&result, &number, sizeof result);
  return result;
}
inline __half __float2half(float value) { return __float2half_rn(value); }
inline float __low2float(__half2 pair) { return __half2float(pair.x); }
inline float __high2float(__half2 pair) { return __half2float(pair.y); }
inline float2 __half22float2(__half2 pair) { return {__half2float(pair.x), __half2float(pair.y)}; }
inline __half2 __floats2half2_rn(float x, float y) { return {__float2half_rn(x), __float2half_rn(y)}; }
inline __half2 __float22half2_rn(float2 pair) { return __floats2half2_rn(pair.x, pair.y); }
