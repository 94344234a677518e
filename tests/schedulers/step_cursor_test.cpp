#include "schedulers/step_cursor.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace zoetrope {
namespace {

TEST(StepCursor, StartsWhereTheFirstTimestepIsAndThenCounts) {
  step_cursor cursor;
  cursor.reset({9, 7, 5, 3});
  EXPECT_EQ(cursor.at(7), 1);
  cursor.advance();
  EXPECT_EQ(cursor.at(9), 2);  // the number counts, not the timestep
}

TEST(StepCursor, TakesTheSecondOfEqualTimesteps) {
  step_cursor cursor;
  cursor.reset({9, 7, 7, 7, 5});
  EXPECT_EQ(cursor.at(7), 2);
}

TEST(StepCursor, BeginsWhereItIsTold) {
  step_cursor cursor;
  cursor.reset({9, 7, 5});
  cursor.begin_at(2);
  EXPECT_EQ(cursor.at(9), 2);
  cursor.reset({9, 7, 5});
  EXPECT_EQ(cursor.at(9), 0);  // a new list forgets it
  EXPECT_THROW(cursor.begin_at(3), error);
}

TEST(StepCursor, RefusesUnknownTimestepsOrTakesTheLast) {
  step_cursor strict, lenient(step_cursor::unknown::is_the_last);
  strict.reset({9, 7});
  lenient.reset({9, 7});
  EXPECT_THROW(strict.at(8), error);
  EXPECT_EQ(lenient.at(8), 1);
}

TEST(StepCursor, RefusesStepsBehindTheLast) {
  step_cursor cursor;
  cursor.reset({9});
  cursor.at(9);
  cursor.advance();
  EXPECT_THROW(cursor.at(9), error);
}

}  // namespace
}  // namespace zoetrope
