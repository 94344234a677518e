#include "core/io/atomic_folder.hpp"

#include <sys/wait.h>

#include <csignal>
#include <set>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

using names = std::set<std::string>;

std::string start(const fs::path& folder) {
  return failure_of([&] { atomic_folder output(folder); });
}

// A run that is killed while it fills `folder`.
void be_killed_in(const fs::path& folder, const std::string& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    atomic_folder output(folder);
    std::ofstream(output.part_path() / file) << "half";
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(AtomicFolder, AppearsWholeAtCommitAndNotBefore) {
  const temporary_folder folder;
  for (const std::string name : {"a", "slash/", "deep/er/b"}) {
    atomic_folder output(folder / name);
    folder.put(output.part_path() / "sub/x.txt", "text");
    EXPECT_FALSE(fs::exists(folder / name));
    output.commit();
    EXPECT_EQ(bytes_of(folder / name / "sub/x.txt"), "text");
    EXPECT_FALSE(fs::exists(output.part_path()));
  }
  EXPECT_EQ(names_in(folder.path()), (names{"a", "slash", "deep"}));
}

TEST(AtomicFolder, WithoutCommitNothingIsLeft) {
  const temporary_folder folder;
  {
    const atomic_folder output(folder / "a");
    folder.put("a.part/sub/x.txt", "text");
  }
  EXPECT_EQ(names_in(folder.path()), names{});
}

TEST(AtomicFolder, AnEmptyFolderIsFilled) {
  const temporary_folder folder;
  fs::create_directory(folder / "a");
  atomic_folder output(folder / "a");
  folder.put("a.part/x.txt", "text");
  EXPECT_EQ(names_in(folder / "a"), names{});
  output.commit();
  EXPECT_EQ(names_in(folder / "a"), names{"x.txt"});
}

TEST(AtomicFolder, AKilledRunLeavesThePartAndTheNextOneBeginsAfresh) {
  const temporary_folder folder;
  be_killed_in(folder / "a", "old.txt");
  EXPECT_EQ(names_in(folder.path()), names{"a.part"});
  EXPECT_EQ(names_in(folder / "a.part"), names{"old.txt"});
  atomic_folder output(folder / "a");
  folder.put("a.part/new.txt", "whole");
  output.commit();
  EXPECT_EQ(names_in(folder.path()), names{"a"});
  EXPECT_EQ(names_in(folder / "a"), names{"new.txt"});
}

TEST(AtomicFolder, TwoRunsCannotMixTheirFiles) {
  const temporary_folder folder;
  atomic_folder first(folder / "a");
  folder.put("a.part/x.txt", "first");
  EXPECT_TRUE(mentions(start(folder / "a"), "a.part: cannot be written: another run is writing it"));
  first.commit();
  EXPECT_EQ(bytes_of(folder / "a/x.txt"), "first");
}

TEST(AtomicFolder, WhatStandsThereIsNeverWrittenOver) {
  const temporary_folder folder;
  folder.put("full/mine.txt", "mine");
  folder.put("file", "mine");
  for (const char* name : {"full", "full/", "file"})
    EXPECT_TRUE(mentions(start(folder / name), "cannot be written: exists and is not an empty folder"));
  EXPECT_EQ(names_in(folder.path()), (names{"full", "file"}));
  {
    atomic_folder output(folder / "a");  // free when it began
    folder.put("a/mine.txt", "mine");
    EXPECT_TRUE(mentions(failure_of([&] { output.commit(); }), "runtime: "));
  }
  EXPECT_EQ(names_in(folder / "a"), names{"mine.txt"});
  EXPECT_FALSE(fs::exists(folder / "a.part"));
}

TEST(AtomicFolder, WhereItCannotBeMadeIsSaidAtOnce) {
  const temporary_folder folder;
  folder.put("file", "");
  EXPECT_TRUE(mentions(start(folder / "file/a"), "runtime: "));
  EXPECT_TRUE(mentions(start(folder / "file/a"), "Not a directory"));
  EXPECT_TRUE(mentions(start("/proc/a"), "/proc/a.part: cannot be written: "));
  for (const char* name : {"", ".", "..", "/"})
    EXPECT_TRUE(mentions(start(name), "no name of a folder")) << name;
  folder.put("b.part", "a file of the user's");
  EXPECT_TRUE(mentions(start(folder / "b"), "b.part: cannot be written: Not a directory"));
}

TEST(AtomicFolder, TheFolderBehindALinkIsFilledNotTheLink) {
  const temporary_folder folder;
  fs::create_directory(folder / "real");
  fs::create_directory_symlink("real", folder / "link");
  atomic_folder output(folder / "link");
  folder.put(output.part_path() / "x.txt", "text");
  output.commit();
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(names_in(folder / "real"), names{"x.txt"});
}

}  // namespace
}  // namespace zoetrope
