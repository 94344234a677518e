// What the CPU twins of the kernels share: loops compiled for several instruction sets, and the functions in
// them. All are written so that GCC vectorises a loop over them: no calls, no branches, clamps by integers (a
// clamp of floats becomes a branch). The f64 versions are the C library's, for gradient checks.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

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

/// exp(t) for t in [-87, 88], relative error below 2e-7: Cody and Waite's reduction, Taylor to degree 7 on
/// ±ln2/2.
ZT_INLINE float fast_exp(float t) {
  constexpr float round_magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = t * 1.44269504f + round_magic;
  const float n = shifted - round_magic;
  const float r = (t - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const auto power = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(round_magic);
  return p * std::bit_cast<float>((power + 127) << 23);
}
ZT_INLINE double fast_exp(double t) { return std::exp(t); }

/// |z| cut at `most`; a NaN becomes `most`.
ZT_INLINE float clamped_size(float z, float most) {
  const auto size = static_cast<int32_t>(std::bit_cast<uint32_t>(z) & 0x7fffffffu);
  return std::bit_cast<float>(std::min(size, std::bit_cast<int32_t>(most)));
}
/// `size` with the sign of z.
ZT_INLINE float with_sign(float size, float z) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(size) | (std::bit_cast<uint32_t>(z) & 0x80000000u));
}

/// Beyond ±87 the true value differs from this one by less than 1e-36.
ZT_INLINE float sigmoid(float z) { return 1.0f / (1.0f + fast_exp(-with_sign(clamped_size(z, 87.0f), z))); }
ZT_INLINE double sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

/// erf(z) to 1.3 units in the last place. Two minimax fits: below 1 z + z P(z²), above it 1 - exp(Q(|z|)),
/// whose error the exponential makes small; beyond 4 it is 1. The sign of a NaN.
ZT_INLINE float fast_erf(float z) {
  const float s = z * z, t = clamped_size(z, 4.0f);
  float p = 7.853883757e-05f;
  p = p * s - 8.010200973e-04f;
  p = p * s + 5.188328614e-03f;
  p = p * s - 2.685381250e-02f;
  p = p * s + 1.128358517e-01f;
  p = p * s - 3.761262583e-01f;
  p = p * s + 1.283791657e-01f;
  float q = 1.863791936e-04f;
  q = q * t - 2.947658323e-03f;
  q = q * t + 2.183806409e-02f;
  q = q * t - 1.031067547e-01f;
  q = q * t - 6.381448327e-01f;
  q = q * t - 1.127089190e+00f;
  q = q * t - 3.415230265e-04f;
  const auto small = std::bit_cast<uint32_t>(z + z * p),
             large = std::bit_cast<uint32_t>(with_sign(1.0f - fast_exp(q), z));
  // All bits set where t < 1: both are positive, and order as integers do.
  const auto below = static_cast<uint32_t>((std::bit_cast<int32_t>(t) - std::bit_cast<int32_t>(1.0f)) >> 31);
  return std::bit_cast<float>((small & below) | (large & ~below));
}
ZT_INLINE double fast_erf(double z) { return std::erf(z); }

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
