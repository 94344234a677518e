// See name_messages.hpp.
#include "core/name_messages.hpp"

#include "core/error.hpp"
#include "core/names.hpp"

namespace zoetrope {

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

std::string unknown_name(std::string_view kind, std::string_view name,
                         const std::vector<std::string>& known) {
  return concat("unknown ", kind, " '", printable(name), "'", did_you_mean(name, known),
                " (known: ", joined(known), ")");
}

std::string first_names(const std::vector<std::string>& names, std::size_t most) {
  if (names.size() <= most) return joined(names);
  return concat(joined({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(most)}), ", and ",
                names.size() - most, " more");
}

}  // namespace zoetrope
