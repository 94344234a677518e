#include "eval/median.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zoetrope {
namespace {

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoThere) {
  EXPECT_EQ(median_of({3}), 3);
  EXPECT_EQ(median_of({9, 1, 2}), 2);
  EXPECT_EQ(median_of({9, 1, 2, 4}), 3);
  EXPECT_EQ(median_of({5, 5, 1, 5}), 5);
  EXPECT_TRUE(std::isnan(median_of({})));
}

}  // namespace
}  // namespace zoetrope
