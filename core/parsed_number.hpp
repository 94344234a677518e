// Numbers in texts that people and environments give.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace zoetrope {

/// What all of `text` says; nothing where it is no number of this type, or one that does not fit.
template <class Number>
std::optional<Number> parsed_number(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  return failure == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace zoetrope
