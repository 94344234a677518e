// What the program prints, numbers as people read them, and how far a loop is.
#include "cli/console.hpp"

#include <sys/wait.h>

#include <cstdlib>

#include "cli/progress.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

TEST(Console, NumbersAreGroupedByThrees) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(3466213124), "3,466,213,124");
  EXPECT_EQ(with_commas(-123456), "-123,456");
}

// /dev/full takes nothing, as a disk that is full.
TEST(Console, AResultThatCannotBeWrittenIsAnError) {
  const temporary_folder folder;
  for (const std::string command : {"list", "list --json", "--help", "--version"}) {
    const std::string err = (folder / "err").string();
    const int status = std::system(concat(ZOETROPE_PROGRAM " ", command, " > /dev/full 2> ", err).c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1) << command;
    EXPECT_TRUE(mentions(bytes_of(err), "error: stdout cannot be written to: No space left on device"));
  }
}

TEST(Console, AReaderThatHasEnoughIsNoError) {
  const temporary_folder folder;
  const std::string err = (folder / "err").string();
  const std::string command =
      concat("{ " ZOETROPE_PROGRAM " list; echo $? >> ", err, "; } 2> ", err, " | true");
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(bytes_of(err), "0\n");
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

TEST(Progress, TheEndIsToldOnce) {
  progress lines(progress::style::lines, "comparing", "step");
  EXPECT_NE(drawn([&] { lines.update(2, 2); }).find("comparing 2/2 steps"), std::string::npos);
  EXPECT_EQ(drawn([&] { lines.update(2, 2); }), "");
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
