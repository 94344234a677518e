#include "eval/csv.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace zoetrope {
namespace {

// RFC 4180, section 2, rules 1, 6 and 7.
TEST(Csv, FieldsAreQuotedWhereTheyNeedIt) {
  EXPECT_EQ(csv_line({"aaa", "b bb", "ccc"}), "aaa,b bb,ccc\r\n");
  EXPECT_EQ(csv_line({"a,a", "b\r\nb", "c\"c"}), "\"a,a\",\"b\r\nb\",\"c\"\"c\"\r\n");
  EXPECT_EQ(csv_line({"", "x", ""}), ",x,\r\n");
}

TEST(Csv, AnEmptyFirstFieldStaysAField) { EXPECT_EQ(csv_line({"", ""}), ",\r\n"); }

TEST(Csv, NumbersAreReadBackToTheBit) {
  EXPECT_EQ(csv_number(0.1), "0.1");
  EXPECT_EQ(csv_number(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(csv_number(-100), "-100");
  EXPECT_EQ(csv_number(std::numeric_limits<double>::quiet_NaN()), "");
}

}  // namespace
}  // namespace zoetrope
