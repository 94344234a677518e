// What the CPU twins of the kernels share: loops compiled for several instruction sets, and the functions in
// them. All are written so that GCC vectorises a loop over them with every instruction set: no calls, no
// branches, clamps and choices by integer arithmetic (std::min becomes a branch without AVX-512). The f64
// versions are the C library's, for gradient checks.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "core/log2_normal_cdf.h"

// One body, compiled for each instruction set; the program picks when it starts.
#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#define ZT_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ZT_SIMD
#endif
#define ZT_INLINE inline __attribute__((always_inline))

namespace zoetrope {

/// Below this many elements a second thread costs more than it saves.
constexpr int64_t least_elements_a_thread = 32768;

#include "core/exponential.inl"

ZT_INLINE float fast_exp(float t) {
  exponentiate<int32_t>(t);
  return t;
}
ZT_INLINE double fast_exp(double t) { return std::exp(t); }

/// |z| cut at `most`; a NaN becomes `most`.
ZT_INLINE float clamped_size(float z, float most) {
  const auto size = static_cast<int32_t>(std::bit_cast<uint32_t>(z) & 0x7fffffffu);
  const int32_t beyond = size - std::bit_cast<int32_t>(most);
  return std::bit_cast<float>(size - (beyond & ~(beyond >> 31)));
}
/// `size` with the sign of z.
ZT_INLINE float with_sign(float size, float z) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(size) | (std::bit_cast<uint32_t>(z) & 0x80000000u));
}

/// Beyond ±87 the true value differs from this one by less than 1e-36.
ZT_INLINE float sigmoid(float z) { return 1.0f / (1.0f + fast_exp(-with_sign(clamped_size(z, 87.0f), z))); }
ZT_INLINE double sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

/// Φ(g), the normal distribution's share below g: 2^q(|g|) below 0, one minus it above, with the fit q of
/// log2_normal_cdf.h and its errors. Beyond ±6 it is 0 or 1, as it is for a NaN.
ZT_INLINE float normal_cdf(float g) {
  constexpr float most = 6.0f, round_magic = 12582912.0f;
  const float t = clamped_size(g, most);
  const float q = log2_normal_cdf_below(t);
  const float shifted = q + round_magic, r = q - (shifted - round_magic);
  float p = 1.326472731e-03f;  // 2^r on ±1/2
  p = p * r + 9.671512991e-03f;
  p = p * r + 5.550733581e-02f;
  p = p * r + 2.402224243e-01f;
  p = p * r + 6.931470037e-01f;
  p = p * r + 1.0f;
  // All bits set where t < most: both are positive, and order as integers do.
  const auto inside = static_cast<uint32_t>((std::bit_cast<int32_t>(t) - std::bit_cast<int32_t>(most)) >> 31);
  const auto tail = (std::bit_cast<uint32_t>(p) + (std::bit_cast<uint32_t>(shifted) << 23)) & inside;
  const auto rest = std::bit_cast<uint32_t>(1.0f - std::bit_cast<float>(tail));
  const auto negative = static_cast<uint32_t>(std::bit_cast<int32_t>(g) >> 31);
  return std::bit_cast<float>((tail & negative) | (rest & ~negative));
}
ZT_INLINE double normal_cdf(double g) { return 0.5 + 0.5 * std::erf(g * 0.70710678118654752); }

/// 64 bytes of `Element`: sums over a row in a fixed number of partial sums, the same with every instruction
/// set.
template <class Element>
struct lanes {
  typedef Element vector __attribute__((vector_size(64), aligned(sizeof(Element)), may_alias));
  static constexpr int64_t count = 64 / sizeof(Element);
};

template <class Element>
ZT_INLINE const typename lanes<Element>::vector& vector_at(const Element* from) {
  return *reinterpret_cast<const typename lanes<Element>::vector*>(from);
}
template <class Element>
ZT_INLINE Element sum_of(const typename lanes<Element>::vector& v) {
  Element total = 0;
  for (int64_t i = 0; i < lanes<Element>::count; ++i) total += v[i];
  return total;
}

}  // namespace zoetrope
