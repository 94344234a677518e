// The byte-level alphabet of GPT-2 and CLIP vocabularies: each byte has one printable character, so that any
// text can be spelled with 256 symbols (Radford et al. 2019, section 2.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zoetrope {

/// The character of a byte, in UTF-8: itself if it is printable Latin-1, else one from U+0100 on.
const std::string& byte_symbol(uint8_t byte);
/// The bytes that a token spells; a token with a character outside the alphabet stands for itself.
std::string bytes_of_token(std::string_view token);

}  // namespace zoetrope
