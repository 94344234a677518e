// Unicode as CLIP's reference tokenizer sees it: character classes of Unicode 16 (oniguruma), lowercase of
// Unicode 17 (Rust), normal form C of Unicode 9 (unicode-normalization-alignments). utf8proc gives all three
// from one version of the tables; the code points where they differ are listed in unicode_text.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zoetrope {

/// The code point that starts at `at`, which is moved past it; -1 (and one byte further) if there is none.
int32_t next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& text, int32_t code_point);

/// error{usage} with the byte offset of what is not UTF-8.
void require_utf8(std::string_view text);
/// `bytes` with every maximal ill-formed part replaced by U+FFFD.
std::string utf8_lossy(std::string_view bytes);

bool is_letter(int32_t code_point);  ///< \p{L}
bool is_number(int32_t code_point);  ///< \p{N}
bool is_space(int32_t code_point);   ///< \s, White_Space
bool is_word(int32_t code_point);    ///< \w: letters, marks, digits, connectors, joiners

/// Normal form C of valid UTF-8.
std::string composed(std::string_view text);
/// Each code point's lowercase by itself: no final sigma; U+0130 becomes two code points.
void append_lowercase(std::string& text, int32_t code_point);

}  // namespace zoetrope
