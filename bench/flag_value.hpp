// Flags of benchmarks, --name=value.
#pragma once

#include <string>
#include <type_traits>

namespace zoetrope {

/// Whether `text` is this flag; its value is read then. std::invalid_argument for no number where one is
/// wanted.
template <class Value>
bool take_flag(const std::string& text, const std::string& name, Value& value) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || !text.starts_with("--") || text.compare(2, equals - 2, name) != 0)
    return false;
  const std::string given = text.substr(equals + 1);
  if constexpr (std::is_same_v<Value, std::string>)
    value = given;
  else
    value = std::stoll(given);
  return true;
}

}  // namespace zoetrope
