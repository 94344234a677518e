// Lists of names in messages: joined for reading, and the nearest one as a hint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// The name in `known` closest to `name` by edit distance, or empty where none is close.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);
/// `a, b, c`
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");

}  // namespace zoetrope
