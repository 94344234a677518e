// See parameter_owners.hpp.
#include "training/distributed/parameter_owners.hpp"

#include <algorithm>
#include <numeric>

namespace zoetrope {

std::vector<int> parameter_owners(const std::vector<int64_t>& elements, int ranks) {
  std::vector<std::size_t> order(elements.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return elements[a] > elements[b]; });
  std::vector<int> owners(elements.size());
  std::vector<int64_t> owned(static_cast<std::size_t>(ranks));
  for (const std::size_t i : order) {
    const auto least = std::min_element(owned.begin(), owned.end());
    owners[i] = static_cast<int>(least - owned.begin());
    *least += elements[i];
  }
  return owners;
}

}  // namespace zoetrope
