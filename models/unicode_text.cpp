// See unicode_text.hpp.
#include "models/unicode_text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "core/error.hpp"

namespace zoetrope {
namespace {

struct code_points {
  int32_t first, last;
};

// Letters and numbers of Unicode 16 that utf8proc 2.8 (Unicode 15) does not know as such.
constexpr code_points later_letters[] = {
    {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3}, {0x10D4A, 0x10D65},
    {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x11380, 0x11389}, {0x1138B, 0x1138B}, {0x1138E, 0x1138E},
    {0x11390, 0x113B5}, {0x113B7, 0x113B7}, {0x113D1, 0x113D1}, {0x113D3, 0x113D3}, {0x11BC0, 0x11BE0},
    {0x13460, 0x143FA}, {0x16100, 0x1611D}, {0x16D40, 0x16D6C}, {0x18CFF, 0x18CFF}, {0x1E5D0, 0x1E5ED},
    {0x1E5F0, 0x1E5F0}, {0x2EBF0, 0x2EE5D}};
constexpr code_points later_numbers[] = {{0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9},
                                         {0x16130, 0x16139}, {0x16D70, 0x16D79}, {0x1CCF0, 0x1CCF9},
                                         {0x1E5F1, 0x1E5FA}};

// To the reference's normaliser these are ordinary characters, which neither move nor combine: combining
// marks from after Unicode 9; U+11930, the second half of a composition from after it; and U+11A7, which no
// Hangul syllable contains (utf8proc 2.8 loses it after one).
constexpr code_points never_composed[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},
    {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0x11A7, 0x11A7},   {0x1715, 0x1715},   {0x1ABF, 0x1ACE},
    {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},   {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF},
    {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E},
    {0x11839, 0x1183A}, {0x11930, 0x11930}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0},
    {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45},
    {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136},
    {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}};

// Capitals whose lowercase utf8proc 2.8 does not know: those from `first` to `last`, `offset` away.
struct capitals {
  int32_t first, last, offset;
};
constexpr capitals later_capitals[] = {{0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
                                       {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},
                                       {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},
                                       {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
                                       {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B}};

template <class Range, std::size_t N>
const Range* find_range(const Range (&ranges)[N], int32_t code_point) {
  const Range* found = std::lower_bound(std::begin(ranges), std::end(ranges), code_point,
                                        [](const Range& range, int32_t value) { return range.last < value; });
  return found != std::end(ranges) && found->first <= code_point ? found : nullptr;
}

// The form of a stretch without `never_composed`.
void append_composed(std::string& out, std::string_view text) {
  if (text.empty()) return;
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
      &mapped, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  ZT_CHECK(length >= 0, usage, "the text cannot be normalised: ", utf8proc_errmsg(length));
  out.append(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
}

}  // namespace

int32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return ++at, lead;
  utf8proc_int32_t code_point = -1;
  const utf8proc_ssize_t length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                       static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
  if (length <= 0) return ++at, -1;
  at += static_cast<std::size_t>(length);
  return code_point;
}

void append_utf8(std::string& text, int32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t length = utf8proc_encode_char(code_point, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

void require_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    ZT_CHECK(next_code_point(text, at) >= 0, usage, "byte ", begin, " of the text is not valid UTF-8");
  }
}

namespace {

// Bytes of the ill-formed sequence at `at` that could have begun a character (Unicode 3.9, "maximal
// subpart"): >= 1.
std::size_t ill_formed_length(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) -> int {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : -1;
  };
  const int lead = byte(at), second = byte(at + 1);
  const int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (lead < 0xE0 || lead > 0xF4 || second < low || second > high) return 1;
  const int third = byte(at + 2);
  return lead >= 0xF0 && third >= 0x80 && third <= 0xBF ? 3 : 2;
}

}  // namespace

std::string utf8_lossy(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    if (next_code_point(bytes, at) >= 0) {
      out += bytes.substr(begin, at - begin);
    } else {
      out += "\xEF\xBF\xBD";
      at = begin + ill_formed_length(bytes, begin);
    }
  }
  return out;
}

bool is_letter(int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         find_range(later_letters, code_point);
}

bool is_number(int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  return (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) ||
         find_range(later_numbers, code_point);
}

bool is_space(int32_t code_point) {
  if (code_point < 0x80) return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
  const utf8proc_category_t category = utf8proc_category(code_point);
  return code_point == 0x85 || (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP);
}

bool is_word(int32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(code_point);
  // The ranges are alphabetic symbols: circled, squared and negative letters.
  return is_letter(code_point) || (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) ||
         category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_PC || code_point == 0x200C || code_point == 0x200D ||
         (code_point >= 0x24B6 && code_point <= 0x24E9) || (code_point >= 0x1F130 && code_point <= 0x1F149) ||
         (code_point >= 0x1F150 && code_point <= 0x1F169) || (code_point >= 0x1F170 && code_point <= 0x1F189);
}

std::string composed(std::string_view text) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), ascii)) return std::string(text);
  std::string out;
  std::size_t stretch = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (!find_range(never_composed, next_code_point(text, at))) continue;
    append_composed(out, text.substr(stretch, begin - stretch));
    out += text.substr(begin, at - begin);
    stretch = at;
  }
  append_composed(out, text.substr(stretch));
  return out;
}

void append_lowercase(std::string& text, int32_t code_point) {
  if (code_point == 0x130) {  // the one character with a lowercase of two
    text += "i\xCC\x87";
  } else if (const capitals* range = find_range(later_capitals, code_point)) {
    append_utf8(text, code_point + range->offset);
  } else {
    append_utf8(text, utf8proc_tolower(code_point));
  }
}

}  // namespace zoetrope
