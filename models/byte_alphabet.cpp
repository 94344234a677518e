// See byte_alphabet.hpp.
#include "models/byte_alphabet.hpp"

#include <array>
#include <vector>

#include "models/unicode_text.hpp"

namespace zoetrope {
namespace {

struct alphabet {
  std::array<std::string, 256> symbols;
  std::vector<int> bytes = std::vector<int>(512, -1);  ///< code point -> byte

  alphabet() {
    int32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
      const int32_t code_point = printable ? byte : next++;
      append_utf8(symbols[byte], code_point);
      bytes[code_point] = byte;
    }
  }
};

const alphabet& the_alphabet() {
  static const alphabet made;
  return made;
}

}  // namespace

const std::string& byte_symbol(uint8_t byte) { return the_alphabet().symbols[byte]; }

std::string bytes_of_token(std::string_view token) {
  const std::vector<int>& bytes = the_alphabet().bytes;
  std::string out;
  for (std::size_t at = 0; at < token.size();) {
    const int32_t code_point = next_code_point(token, at);
    if (code_point < 0 || code_point >= static_cast<int32_t>(bytes.size()) || bytes[code_point] < 0)
      return std::string(token);
    out += static_cast<char>(bytes[code_point]);
  }
  return out;
}

}  // namespace zoetrope
