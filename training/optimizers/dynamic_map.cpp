// See dynamic_map.hpp.
#include "training/optimizers/dynamic_map.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "models/kernels/simd_math.h"

namespace zoetrope {
namespace {

/// The middles of `count` equal parts of [0.1, 1], times `scale`.
void add_fractions(std::vector<double>& levels, int count, double scale) {
  const auto boundary = [count](int i) { return 0.1 + 0.9 * i / count; };
  for (int i = 0; i < count; ++i) levels.push_back(scale * (boundary(i) + boundary(i + 1)) / 2);
}

/// An f32 lies above `value` exactly where it lies above this one.
float rounded_down(double value) {
  const auto nearest = static_cast<float>(value);
  return nearest > value ? std::nextafter(nearest, -1.0f) : nearest;
}

dynamic_map make_map(bool with_sign) {
  constexpr int decades = 7;
  std::vector<double> levels{0, 1};
  for (int decade = 0; decade < decades; ++decade) {
    const double scale = std::pow(10.0, decade - (decades - 1));
    // Each bit that the exponent does not need doubles the fractions; without a sign there is one bit more.
    const int fractions = 1 << (with_sign ? decade : decade + 1);
    add_fractions(levels, fractions, scale);
    if (with_sign) add_fractions(levels, fractions, -scale);
  }
  std::sort(levels.begin(), levels.end());
  dynamic_map map;
  std::copy(levels.begin(), levels.end(), map.levels.begin());
  for (std::size_t i = 0; i < map.thresholds.size(); ++i)
    map.thresholds[i] = rounded_down((double{map.levels[i]} + map.levels[i + 1]) / 2);
  return map;
}

}  // namespace

const dynamic_map& signed_dynamic_map() {
  static const dynamic_map map = make_map(true);
  return map;
}
const dynamic_map& unsigned_dynamic_map() {
  static const dynamic_map map = make_map(false);
  return map;
}

ZT_SIMD float quantise(const dynamic_map& map, const float* values, uint8_t* codes, int64_t count) {
  int32_t bits = 0;  // sizes order as their bits do; a NaN is the largest
  for (int64_t i = 0; i < count; ++i) bits = std::max(bits, std::bit_cast<int32_t>(values[i]) & 0x7fffffff);
  const auto largest = std::bit_cast<float>(bits);
  const float divisor = largest == 0 ? 1 : largest;
  const float* thresholds = map.thresholds.data();
  for (int64_t i = 0; i < count; ++i) {
    const float quotient = values[i] / divisor;
    int32_t code = 0;  // how many thresholds lie below: a binary search without branches
    for (int32_t bit = 128; bit > 0; bit >>= 1) code += quotient > thresholds[code + bit - 1] ? bit : 0;
    codes[i] = static_cast<uint8_t>(code);
  }
  return largest;
}

ZT_SIMD void dequantise(const dynamic_map& map, const uint8_t* codes, float largest, float* values,
                        int64_t count) {
  for (int64_t i = 0; i < count; ++i) values[i] = map.levels[codes[i]] * largest;
}

}  // namespace zoetrope
