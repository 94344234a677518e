// Numbers as people read them.
#include "cli/console.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(Console, NumbersAreGroupedByThrees) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(3466213124), "3,466,213,124");
  EXPECT_EQ(with_commas(-123456), "-123,456");
}

}  // namespace
}  // namespace zoetrope
