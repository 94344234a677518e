// Numbers as people read them, and how far a loop is.
#include "cli/console.hpp"

#include <gtest/gtest.h>

#include "cli/progress.hpp"

namespace zoetrope {
namespace {

TEST(Console, NumbersAreGroupedByThrees) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(3466213124), "3,466,213,124");
  EXPECT_EQ(with_commas(-123456), "-123,456");
}

std::string drawn(const std::function<void()>& body) {
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

TEST(Progress, TellsNoRateBeforeTwoUpdates) {
  progress bar(progress::style::bar, "training", "step");
  EXPECT_NE(drawn([&] { bar.update(7, 9, "loss 0.5"); }).find(" 7/9 steps, loss 0.5, ? s a step, ? left"),
            std::string::npos);
  const std::string second = drawn([&] { bar.update(8, 9); });
  EXPECT_NE(second.find(" 8/9 steps, 0."), std::string::npos) << second;
  EXPECT_EQ(second.find('?'), std::string::npos) << second;
  EXPECT_NE(drawn([&] { bar.update(9, 9); }).find(" in all"), std::string::npos);
}

TEST(Progress, GoesOnAfterAPause) {
  progress bar(progress::style::bar, "training", "step");
  drawn([&] { bar.update(1, 9); });
  EXPECT_EQ(drawn([&] { bar.pause(); }), "\n");
  EXPECT_EQ(drawn([&] { bar.pause(); }), "");
  EXPECT_EQ(drawn([&] { bar.update(2, 9); }).find('?'), std::string::npos);
}

}  // namespace
}  // namespace zoetrope
