#include "training/folder_lock.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

TEST(FolderLock, ASecondOneIsRefusedWhileTheFirstLives) {
  const temporary_folder folder;
  std::optional<folder_lock> first(folder / "run");
  EXPECT_EQ(failure_of([&] { folder_lock second(folder / "run"); }),
            "runtime: " + (folder / "run").string() + ": another run is writing there");
  folder.put("run/log", "kept");
  first.reset();
  EXPECT_NO_THROW(folder_lock(folder / "run"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/log"));
}

TEST(FolderLock, AFolderThatStaysEmptyGoesAgainWithWhoMadeIt) {
  const temporary_folder folder;
  { folder_lock made(folder / "run"); }
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  std::filesystem::create_directory(folder / "run");
  { folder_lock found(folder / "run"); }
  EXPECT_TRUE(std::filesystem::exists(folder / "run"));
}

TEST(FolderLock, TellsWhyAFolderCannotBe) {
  const temporary_folder folder;
  folder.put("file", "no folder");
  EXPECT_TRUE(mentions(failure_of([&] { folder_lock lock(folder / "file/run"); }), "cannot be made: "));
  EXPECT_TRUE(mentions(failure_of([&] { folder_lock lock(folder / "file"); }),
                       "runtime: " + (folder / "file").string()));
}

}  // namespace
}  // namespace zoetrope
