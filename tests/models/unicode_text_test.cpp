// The reference's own view of Unicode, counted with tokenizers 0.23.3 over all code points. Another version
// of utf8proc that knows more characters than the reference's libraries shows here.
#include "models/unicode_text.hpp"

#include <gtest/gtest.h>

#include "../core/temporary_folder.hpp"

namespace zoetrope {
namespace {

template <class Visit>
void each_code_point(const Visit& visit) {
  for (int32_t code_point = 1; code_point < 0x110000; ++code_point)
    if (code_point < 0xD800 || code_point > 0xDFFF) visit(code_point);
}

std::string text_of(int32_t code_point) {
  std::string text;
  append_utf8(text, code_point);
  return text;
}

TEST(UnicodeText, HasTheReferencesCharacterClasses) {
  int letters = 0, numbers = 0, spaces = 0;
  each_code_point([&](int32_t code_point) {
    letters += is_letter(code_point);
    numbers += is_number(code_point);
    spaces += is_space(code_point);
  });
  EXPECT_EQ(letters, 141028);
  EXPECT_EQ(numbers, 1911);
  EXPECT_EQ(spaces, 25);
  EXPECT_TRUE(is_space(0x85) && is_space(0x3000) && !is_space(0x200B) && !is_space(0x1C) &&
              !is_space(0x180E));
}

TEST(UnicodeText, HasTheReferencesLowercase) {
  int changed = 0;
  each_code_point([&](int32_t code_point) {
    std::string lower;
    append_lowercase(lower, code_point);
    changed += lower != text_of(code_point);
  });
  EXPECT_EQ(changed, 1488);
  std::string lower;
  for (const int32_t code_point : {0x130, 0x3A3, 0x1E9E, 0xA7CB, 0x10D50, 0x16EB8})
    append_lowercase(lower, code_point);
  EXPECT_EQ(lower, "i\u0307\u03c3\u00df\u0264\U00010D70\U00016ED3");
}

TEST(UnicodeText, HasTheReferencesNormalForm) {
  int changed = 0;
  each_code_point(
      [&](int32_t code_point) { changed += composed(text_of(code_point)) != text_of(code_point); });
  EXPECT_EQ(changed, 1120);
  EXPECT_EQ(composed("a\u0301\u0323"), "\u1ea1\u0301");
  EXPECT_EQ(composed("\u1100\u1161\u11a8"), "\uac01");
  EXPECT_EQ(composed("\uac00\u11a7"), "\uac00\u11a7");
  EXPECT_EQ(composed("a\u07fd\u0301"), "a\u07fd\u0301");  // a mark from after Unicode 9 stands in between
  EXPECT_EQ(composed("\U00011935\U00011930"), "\U00011935\U00011930");
}

TEST(UnicodeText, ReplacesIllFormedPartsOneByOne) {
  // The Unicode Standard, table 3-8.
  EXPECT_EQ(utf8_lossy("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\uFFFD\uFFFD\uFFFD"
            "b\uFFFD"
            "c\uFFFD\uFFFD"
            "d");
  EXPECT_EQ(utf8_lossy("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(utf8_lossy("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(utf8_lossy("plain é"), "plain é");
}

}  // namespace
}  // namespace zoetrope
