// Ranks that check the files of one dataset together find what one process finds.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/core/io/pictures.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/training/distributed/thread_ranks.hpp"
#include "training/dataset.hpp"

namespace zoetrope {
namespace {

json of(const std::filesystem::path& folder, bool skip_bad = true) {
  return {{"type", "clips"}, {"folder", folder}, {"width", 16}, {"height", 16}, {"skip_bad", skip_bad}};
}

// Seven clips of two sizes, of which two are in disorder.
void put_clips(const temporary_folder& folder) {
  for (int i = 0; i < 7; ++i) {
    write_video(folder / concat(i, ".gif"), gradient_clip(i % 2 ? 32 : 24, 24, i == 4 ? 3 : 8 + i));
    folder.put(concat(i, ".txt"), i == 2 ? "" : concat("clip ", i));
  }
}

TEST(ClipInspection, RanksFindWhatOneProcessFinds) {
  const temporary_folder folder;
  put_clips(folder);
  const auto alone = make_dataset(config(of(folder.path())));
  ASSERT_EQ(alone->size(), 5);
  const std::string wrong = failure_of([&] { make_dataset(config(of(folder.path(), false))); });
  EXPECT_TRUE(mentions(wrong, "2 of 7 clips cannot be used"));
  for (const int count : {2, 3, 9}) {
    std::atomic<int> checked = 0;
    run_ranks(count, [&](communicator& ranks) {
      const dataset_site site{.on_clip = [&] { ++checked; }, .ranks = &ranks};
      const auto data = make_dataset(config(of(folder.path())), site);
      EXPECT_EQ(data->skipped(), alone->skipped());
      ASSERT_EQ(data->size(), alone->size());
      for (int64_t i = 0; i < data->size(); ++i) {
        EXPECT_EQ(data->label(i).caption, alone->label(i).caption);
        EXPECT_EQ(data->label(i).sizes.original, alone->label(i).sizes.original);
        EXPECT_EQ(data->source_key(i), alone->source_key(i));  // files and frames
      }
      EXPECT_EQ(failure_of([&] { make_dataset(config(of(folder.path(), false)), {.ranks = &ranks}); }),
                wrong);
    });
    EXPECT_EQ(checked, 7) << count;  // each by one of them
  }
}

TEST(ClipInspection, WhatEndsTheCheckOfOneRankEndsAll) {
  const temporary_folder folder;
  put_clips(folder);
  run_ranks(3, [&](communicator& ranks) {
    dataset_site site{.ranks = &ranks};
    site.on_clip = [&] { ZT_CHECK(ranks.rank() != 1, interrupted, "asked to stop"); };
    EXPECT_EQ(failure_of([&] { make_dataset(config(of(folder.path())), site); }),
              ranks.rank() == 1 ? "interrupted: asked to stop"
                                : "interrupted: distributed: rank 1 failed; its own message says why");
  });
}

TEST(ClipInspection, RanksMustSeeTheSameClips) {
  const temporary_folder one, other;
  put_clips(one);
  put_clips(other);
  std::filesystem::rename(other / "6.gif", other / "7.gif");
  run_ranks(2, [&](communicator& ranks) {
    const auto& folder = ranks.is_first() ? one : other;
    EXPECT_TRUE(mentions(
        failure_of([&] { make_dataset(config(of(folder.path())), {.ranks = &ranks}); }),
        concat("runtime: data: rank ", 1 - ranks.rank(), " sees other clips than rank ", ranks.rank())));
  });
}

}  // namespace
}  // namespace zoetrope
