// See names.hpp.
#include "core/names.hpp"

#include <algorithm>
#include <utility>

namespace zoetrope {

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  const auto distance = [&](const std::string& other) {
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j <= other.size(); ++j) {
        const std::size_t change = diagonal + (name[i - 1] != other[j - 1]);
        diagonal = std::exchange(row[j], std::min({change, row[j] + 1, row[j - 1] + 1}));
      }
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
