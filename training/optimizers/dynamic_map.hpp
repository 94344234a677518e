// Block-wise dynamic quantisation to 8 bits (Dettmers et al. 2022, arXiv 2110.02861, sections 2 and 3): a
// block of 256 values is divided by its largest size, and each quotient becomes the code of the nearest of
// 256 levels. The levels are the dynamic map: a power of ten by the number of leading zero bits, a linear
// fraction in [0.1, 1] by the bits that are left, so that small values keep their relative precision.
#pragma once

#include <array>
#include <cstdint>

namespace zoetrope {

constexpr int64_t quantised_block = 256;

struct dynamic_map {
  std::array<float, 256> levels;  ///< ascending, the largest is 1
  /// Halfway between a level and the next, a value on one takes the lower code; the last is infinite.
  std::array<float, 256> thresholds;
  /// By the upper 16 bits of an f32: the code of the least number that has them. The greatest has this code
  /// or the next.
  std::array<uint8_t, 65536> codes;
};
/// Levels from about -1 to 1: first moments.
const dynamic_map& signed_dynamic_map();
/// Levels from 0 to 1, twice as fine: second moments.
const dynamic_map& unsigned_dynamic_map();

/// `count` values of one block, at most 256. Returns their largest size, 0 for a block of zeros.
float quantise(const dynamic_map& map, const float* values, uint8_t* codes, int64_t count);
void dequantise(const dynamic_map& map, const uint8_t* codes, float largest, float* values, int64_t count);

}  // namespace zoetrope
