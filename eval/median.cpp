// See median.hpp.
#include "eval/median.hpp"

#include <algorithm>
#include <limits>

namespace zoetrope {

double median_of(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  return values.size() % 2 ? *half : (*std::max_element(values.begin(), half) + *half) / 2;
}

}  // namespace zoetrope
