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

std::string printable(std::string_view text, std::size_t limit) {
  static constexpr std::array<char, 17> hex{"0123456789abcdef"};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() >= limit) return out + "…";
    const unsigned char lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = utf8_length(text, at);
    // C0, DEL, and C1 (U+0080 to U+009F), in which terminals see commands too.
    const bool control = lead < 0x20 || lead == 0x7F ||
                         (lead == 0xC2 && length == 2 && static_cast<unsigned char>(text[at + 1]) < 0xA0);
    if (length == 0 || control) {
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
