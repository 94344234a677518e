// See error.hpp.
#include "core/error.hpp"

#include <array>

#include "core/utf8.hpp"

namespace zoetrope {

int exit_code(error_kind kind) {
  switch (kind) {
    case error_kind::runtime:
      return 1;
    case error_kind::usage:
      return 2;
    case error_kind::bad_input:
      return 3;
    case error_kind::out_of_memory:
      return 4;
    case error_kind::numerical:
      return 5;
    case error_kind::interrupted:
      return 130;
  }
  return 1;
}

error& error::add_context(const std::string& where) {
  message_ = where + ": " + message_;
  return *this;
}

namespace {

// C0, DEL, and C1 (U+0080 to U+009F), in which terminals see commands too; and U+202A to U+202E and U+2066 to
// U+2069, which turn the direction of what follows (Boucher and Anderson 2021, "Trojan Source").
bool is_control(std::string_view character) {
  using namespace std::string_view_literals;
  const auto is_between = [&](std::string_view first, std::string_view last) {
    return character.size() == first.size() && first <= character && character <= last;
  };
  return is_between("\0"sv, "\x1f"sv) || character == "\x7f"sv || is_between("\xc2\x80"sv, "\xc2\x9f"sv) ||
         is_between("\u202a"sv, "\u202e"sv) || is_between("\u2066"sv, "\u2069"sv);
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  static constexpr std::array<char, 17> hex{"0123456789abcdef"};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() >= limit) return out + "…";
    const unsigned char lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = utf8_length(text, at);
    if (length == 0 || is_control(text.substr(at, length))) {
      out += {'\\', 'x', hex[lead >> 4], hex[lead & 15]};
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

}  // namespace zoetrope
