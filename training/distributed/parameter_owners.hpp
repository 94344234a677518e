// Which rank owns which parameter: it sums the parameter's gradient, keeps its optimizer state, takes its
// steps. Free of torch.
#pragma once

#include <cstdint>
#include <vector>

namespace zoetrope {

/// The owner of each, so that the ranks own nearly equal numbers of elements: the greatest first, each to who
/// has the least (Graham 1969: at most 4/3 of the best). The same on every rank.
std::vector<int> parameter_owners(const std::vector<int64_t>& elements, int ranks);

}  // namespace zoetrope
