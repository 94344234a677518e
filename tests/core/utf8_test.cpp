#include "core/utf8.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

// Table 3-7 of the Unicode standard, its rows' first and last sequences and what lies just outside.
TEST(Utf8, WellFormedSequencesAreTaken) {
  for (const char* text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_FALSE(first_invalid_utf8(text)) << text;
}

TEST(Utf8, IllFormedSequencesAreFoundWhereTheyBegin) {
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x7F", "\xE0\x9F\x80", "\xED\xA0\x80",
                           "\xE1\x80", "\xF0\x8F\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    EXPECT_EQ(first_invalid_utf8(std::string("größe") + text), 7u);
}

}  // namespace
}  // namespace zoetrope
