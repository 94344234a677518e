#include "core/error.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(Error, ContextIsAddedFromTheInsideOut) {
  try {
    in_context("model",
               [] { in_context("unet", [] { ZT_CHECK(1 > 2, bad_input, "got ", 1, ", wanted ", 2); }); });
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_STREQ(failure.what(), "model: unet: got 1, wanted 2");
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
  }
}

TEST(Error, ExitCodesAreThoseOfTheManual) {
  EXPECT_EQ(exit_code(error_kind::runtime), 1);
  EXPECT_EQ(exit_code(error_kind::usage), 2);
  EXPECT_EQ(exit_code(error_kind::bad_input), 3);
  EXPECT_EQ(exit_code(error_kind::out_of_memory), 4);
  EXPECT_EQ(exit_code(error_kind::numerical), 5);
  EXPECT_EQ(exit_code(error_kind::interrupted), 130);
}

TEST(Error, PrintableEscapesWhatATerminalMustNotSee) {
  EXPECT_EQ(printable("tab\tand\x1b[31m"), "tab\\x09and\\x1b[31m");
  EXPECT_EQ(printable("größe \xff"), "größe \\xff");
  EXPECT_EQ(printable("a\u202egif.exe\u202c"), "a\\xe2\\x80\\xaegif.exe\\xe2\\x80\\xac");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
}

}  // namespace
}  // namespace zoetrope
