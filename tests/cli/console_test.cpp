// What the program prints, and numbers as people read them.
#include "cli/console.hpp"

#include <sys/wait.h>

#include <cstdlib>

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
  for (const std::string command : {"list", "list --json"}) {
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

}  // namespace
}  // namespace zoetrope
