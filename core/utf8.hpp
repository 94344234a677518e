// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace zoetrope {

/// Length of the well-formed sequence that starts at byte `at`, 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t at);
/// Offset of the first byte that is not part of a well-formed sequence.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

}  // namespace zoetrope
