// See names.hpp.
#include "core/names.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace zoetrope {

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  // Neighbours that changed places are one change (Damerau 1964), as fingers make it.
  const auto distance = [&](const std::string& other) {
    std::vector<std::size_t> before, row(other.size() + 1), next(row);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= name.size(); ++i) {
      next[0] = i;
      for (std::size_t j = 1; j <= other.size(); ++j) {
        next[j] = std::min({row[j - 1] + (name[i - 1] != other[j - 1]), row[j] + 1, next[j - 1] + 1});
        if (i > 1 && j > 1 && name[i - 1] == other[j - 2] && name[i - 2] == other[j - 1])
          next[j] = std::min(next[j], before[j - 2] + 1);
      }
      before = std::exchange(row, next);
    }
    return row.back();
  };
  std::string best;
  std::size_t least = name.size() / 3 + 2;
  constexpr std::size_t longest = 256;  // the distance takes the product of the lengths
  for (const std::string& other : known)
    if (std::max(name.size(), other.size()) <= longest)
      if (const std::size_t d = distance(other); d < least) least = d, best = other;
  return best;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) (text += i == 0 ? "" : separator) += parts[i];
  return text;
}

}  // namespace zoetrope
