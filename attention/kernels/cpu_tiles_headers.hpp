// The headers of cpu_tiles.inl, and what needs no instruction set.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "attention/kernels/attention_problem.h"
#include "core/simd_math.h"

namespace zoetrope {
struct attention_place {
  int64_t outer, inner, head;
};
}  // namespace zoetrope
