// See trainable.hpp.
#include "training/trainable.hpp"

#include <algorithm>

namespace zoetrope {

bool trainable::trains(const std::string& part) const {
  const auto is_in_part = [&](const trained_parameter& each) { return each.name.starts_with(part + "."); };
  return std::any_of(parameters().begin(), parameters().end(), is_in_part);
}

int64_t trainable::count() const {
  int64_t numbers = 0;
  for (const trained_parameter& each : parameters()) numbers += each.tensor.numel();
  return numbers;
}

}  // namespace zoetrope
