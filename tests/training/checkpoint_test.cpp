#include "training/checkpoint.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/io/atomic_file.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/training/checkpoint_content.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

void flip_a_bit(const fs::path& file, std::size_t at) {
  std::string bytes = bytes_of(file);
  bytes.at(at) ^= 1;
  std::ofstream(file, std::ios::binary) << bytes;
}

TEST(Checkpoint, IsAFolderWithAManifest) {
  const temporary_folder folder;
  const checkpoint made = write_checkpoint(folder / "run", 7);
  EXPECT_EQ(made.step, 7);
  EXPECT_EQ(made.folder, folder / "run/step-00000007");
  EXPECT_EQ(names_in(folder / "run"), std::set<std::string>{"step-00000007"});
  EXPECT_EQ(names_in(made.folder), (std::set<std::string>{"manifest.json", "step.txt", "unet"}));
  const auto manifest = nlohmann::json::parse(bytes_of(made.folder / "manifest.json"));
  EXPECT_EQ(manifest.at("step"), 7);
  EXPECT_EQ(manifest.at("files").at("unet/weights.bin").at("size"), checkpoint_weights(7).size());
  // printf 7 | sha256sum
  EXPECT_EQ(manifest.at("files").at("step.txt").at("sha256"),
            "7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451");
  EXPECT_EQ(open_checkpoint(made.folder).step, 7);
}

TEST(Checkpoint, TheLatestIsThatOfTheHighestStep) {
  const temporary_folder folder;
  EXPECT_FALSE(latest_checkpoint(folder / "run").found);
  for (const int64_t step : {9, 100, 20}) write_checkpoint(folder / "run", step);
  EXPECT_EQ(latest_checkpoint(folder / "run").found->step, 100);
  EXPECT_TRUE(latest_checkpoint(folder / "run").skipped.empty());
}

TEST(Checkpoint, OneThatIsNotCommittedLeavesNothing) {
  const temporary_folder folder;
  {
    checkpoint_writer writer(folder / "run", 1);
    write_whole(writer.path("a"), "a");
    EXPECT_EQ(writer.path("a"), unfinished_checkpoint(folder / "run", 1) / "a");
    EXPECT_FALSE(latest_checkpoint(folder / "run").found);
  }
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST(Checkpoint, DamagedOnesAreSkippedWithTheReason) {
  const temporary_folder folder;
  const fs::path root = folder / "run";
  std::vector<fs::path> folders;
  for (int64_t step = 1; step <= 6; ++step) folders.push_back(write_checkpoint(root, step).folder);
  flip_a_bit(folders[1] / "unet/weights.bin", 200'000);
  fs::resize_file(folders[2] / "step.txt", 0);
  fs::remove(folders[3] / "unet/weights.bin");
  fs::resize_file(folders[4] / "manifest.json", 50);
  fs::remove(folders[5] / "manifest.json");
  fs::create_directory(root / "step-00000007.part");
  fs::create_directory(root / "step-notes");

  const checkpoint_search search = latest_checkpoint(root);
  EXPECT_EQ(search.found->step, 1);
  ASSERT_EQ(search.skipped.size(), 6u);
  EXPECT_EQ(search.damaged, 5);
  const std::string reasons[] = {
      "step-00000007.part: was not finished",
      "step-00000006: no manifest.json",
      "step-00000005: ",
      "step-00000004: unet/weights.bin is missing",
      "step-00000003: step.txt has 0 bytes, wanted 1",
      "step-00000002: unet/weights.bin is damaged: its SHA-256 is not the manifest's"};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_TRUE(mentions(search.skipped[i], reasons[i]));
  EXPECT_TRUE(mentions(failure_of([&] { open_checkpoint(folders[1]); }), "bad_input: checkpoint "));
}

TEST(Checkpoint, AFolderThatCannotBeReadIsNotAnEmptyOne) {
  const temporary_folder folder;
  const fs::path file = folder.put("run", "");
  EXPECT_EQ(failure_of([&] { latest_checkpoint(file); }),
            "bad_input: " + file.string() + ": cannot be read: Not a directory");
}

TEST(Checkpoint, AManifestCannotReachOutOfItsFolder) {
  const temporary_folder folder;
  const fs::path made = write_checkpoint(folder / "run", 1).folder;
  auto manifest = nlohmann::json::parse(bytes_of(made / "manifest.json"));
  folder.put("secret", "7");
  manifest["files"]["../../secret"] = {
      {"size", 1}, {"sha256", "7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451"}};
  std::ofstream(made / "manifest.json") << manifest;
  EXPECT_TRUE(mentions(failure_of([&] { open_checkpoint(made); }), "../../secret is missing"));
}

TEST(Checkpoint, OlderOnesGoAndLaterOnesStay) {
  const temporary_folder folder;
  for (const int64_t step : {1, 2, 3, 50}) write_checkpoint(folder / "run", step);
  write_checkpoint(folder / "run", 4, 2);
  EXPECT_EQ(names_in(folder / "run"),
            (std::set<std::string>{"step-00000003", "step-00000004", "step-00000050"}));
  write_checkpoint(folder / "run", 5, 1);
  EXPECT_EQ(names_in(folder / "run"), (std::set<std::string>{"step-00000005", "step-00000050"}));
}

TEST(Checkpoint, OneOfTheSameStepIsReplaced) {
  const temporary_folder folder;
  const fs::path old = write_checkpoint(folder / "run", 3).folder;
  flip_a_bit(old / "step.txt", 0);
  write_checkpoint(folder / "run", 3);
  EXPECT_EQ(names_in(folder / "run"), std::set<std::string>{"step-00000003"});
  EXPECT_EQ(bytes_of(old / "step.txt"), "3");
  EXPECT_EQ(open_checkpoint(old).step, 3);
}

TEST(Checkpoint, OneWriterAtATime) {
  const temporary_folder folder;
  const checkpoint_writer first(folder / "run", 1);
  EXPECT_TRUE(mentions(failure_of([&] { checkpoint_writer(folder / "run", 2); }),
                       "runtime: " + (folder / "run").string() + ": another run is writing there"));
}

TEST(Checkpoint, WhatAKilledRunLeftIsRemoved) {
  const temporary_folder folder;
  folder.put("run/step-00000001.part/unet/a", "a");
  folder.put("run/step-00000002.part.txt", "of somebody else");
  write_checkpoint(folder / "run", 3);
  EXPECT_EQ(names_in(folder / "run"), (std::set<std::string>{"step-00000002.part.txt", "step-00000003"}));
}

// No file of this process may grow beyond a limit: writing fails as on a full disk, with EFBIG for ENOSPC.
int in_child_with_small_files(rlim_t bytes, const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(body() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(Checkpoint, AFullDiskKeepsTheLastGoodOne) {
  const temporary_folder folder;
  const fs::path root = folder / "run";
  write_checkpoint(root, 1);
  const auto weights_do_not_fit = [&] {
    try {
      write_checkpoint(root, 2, 1);
    } catch (const std::ios_base::failure&) {
      return true;
    }
    return false;
  };
  EXPECT_EQ(in_child_with_small_files(100'000, weights_do_not_fit), 0);
  EXPECT_EQ(names_in(root), std::set<std::string>{"step-00000001"});
  // The files fit, the manifest does not.
  const auto manifest_does_not_fit = [&] {
    checkpoint_writer writer(root, 2);
    write_whole(writer.path("a"), "a");
    return failure_of([&] { writer.commit(1); }).rfind("runtime: checkpoint ", 0) == 0;
  };
  EXPECT_EQ(in_child_with_small_files(50, manifest_does_not_fit), 0);
  EXPECT_EQ(names_in(root), std::set<std::string>{"step-00000001"});
  EXPECT_EQ(latest_checkpoint(root).found->step, 1);
}

TEST(Checkpoint, ARootThatCannotBeMadeIsAnError) {
  const temporary_folder folder;
  const fs::path file = folder.put("file", "");
  EXPECT_TRUE(mentions(failure_of([&] { checkpoint_writer(file / "run", 1); }), "run: cannot be made: "));
}

}  // namespace
}  // namespace zoetrope
