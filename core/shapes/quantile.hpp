// Quantiles of values, and of colours a channel at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/shapes/render.hpp"

namespace zoetrope {

/// The value that `share` of the others lie below; of at least one value, whose order changes.
template <class Value>
Value quantile(std::vector<Value>& values, double share) {
  const auto at = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Black where there is none.
inline rgb median(const std::vector<rgb>& colours) {
  rgb middle{};
  std::vector<float> values(colours.size());
  for (int c = 0; c < 3 && !colours.empty(); ++c) {
    std::transform(colours.begin(), colours.end(), values.begin(), [c](const rgb& each) { return each[c]; });
    middle[c] = quantile(values, 0.5);
  }
  return middle;
}

}  // namespace zoetrope
