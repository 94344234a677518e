// Arms as sets of grey clips, whose only feature is how bright they are; distances and p are worked by hand.
#include "eval/set_comparison.hpp"

#include <cmath>

#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

metric_values distance_value(const feature_rows& a, const feature_rows& b) {
  double mean_a = 0, mean_b = 0;
  for (const auto& row : a) mean_a += row[0] / static_cast<double>(a.size());
  for (const auto& row : b) mean_b += row[0] / static_cast<double>(b.size());
  return {"brightness", "levels", better::lower, std::abs(mean_a - mean_b)};
}

named_set_metric brightness() {
  named_set_metric metric;
  metric.name = metric.feature_key = "brightness";
  metric.features = [](const float_clip& clip) { return std::vector{255.0 * clip.pixels.front()}; };
  metric.refuses = [](const feature_rows& clips, const feature_rows&) {
    return clips.size() < 2 ? "needs 2 clips" : "";
  };
  metric.compare = [](const feature_rows& a, const feature_rows& b) {
    return std::vector{distance_value(a, b)};
  };
  return metric;
}

// Two arms, three prompts with a seed each, or one with three.
struct grey_arms {
  temporary_folder folder;
  std::vector<stored_result> cells;
  bool one_prompt = false;

  grey_arms() { std::filesystem::create_directory(folder / "cells"); }

  void put(const std::string& arm, int clip, int level, std::int64_t repeat = 0) {
    result cell;
    cell.experiment = "grey";
    cell.arm = {{"part.type", arm}};
    cell.prompt = one_prompt ? "p" : concat("p", clip);
    cell.seed = one_prompt ? static_cast<std::uint64_t>(clip) : 0;
    cell.repeat = repeat;
    cell.config = {{"part", arm}, {"prompt", cell.prompt}, {"repeat", repeat}};
    cell.started = arm == "old" ? "1" : "2";
    if (level >= 0)
      cell.frames = {std::vector<std::uint8_t>(2 * 4 * 4 * 3, static_cast<std::uint8_t>(level)),
                     {2, 4, 4, 3}};
    write_result(folder / "cells" / concat(arm, clip, "-", repeat, ".h5"), cell);
  }
  std::vector<set_comparison> compared(set_request request = {}) {
    cells = read_whole_results({folder / "cells"});
    request.metrics = {brightness()};
    return compare_sets(arm_table(cells), 0, request);
  }
  std::vector<clip_file> reference(int level) {
    rgb_frames frames{4, 4,
                      std::vector(2, std::vector<std::uint8_t>(4 * 4 * 3, static_cast<std::uint8_t>(level)))};
    std::filesystem::create_directories(folder / "reference");
    write_video(folder / "reference/f.png", frames);
    return clips_in(folder / "reference");
  }
};

void put_three(grey_arms& arms) {
  for (int clip = 0; clip < 3; ++clip) {
    arms.put("old", clip, 10 * clip + 10);
    arms.put("new", clip, 10 * clip + 13);
  }
}

// Means 20 and 23 against 10: 13 - 10 = 3; each of three pairs brings one, so two of the eight patterns give
// it.
TEST(SetComparison, TellsDistancesFromTheReferenceAndHowSureTheirDifferenceIs) {
  grey_arms arms;
  put_three(arms);
  const auto rows = arms.compared({.references = arms.reference(10)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].arm, 1u);
  EXPECT_EQ(rows[0].clips, 3u);
  EXPECT_EQ(rows[0].references, 1u);
  EXPECT_NEAR(rows[0].distance, 13, 1e-4);
  EXPECT_NEAR(rows[0].baseline_distance, 10, 1e-4);
  EXPECT_EQ(rows[0].p, 0.25);
  EXPECT_EQ(rows[0].holm_p, 0.25);
  EXPECT_EQ(rows[0].said, verdict::unclear);
  EXPECT_EQ(arms.compared({.references = arms.reference(10), .how = {.level = 0.7}})[0].said, verdict::worse);
  EXPECT_EQ(arms.compared({.references = arms.reference(60), .how = {.level = 0.7}})[0].said,
            verdict::better);
}

TEST(SetComparison, WithoutReferenceComparesTheArmsWithEachOther) {
  grey_arms arms;
  put_three(arms);
  const auto rows = arms.compared({.how = {.level = 0.7}});
  EXPECT_NEAR(rows.at(0).distance, 3, 1e-4);
  EXPECT_EQ(rows[0].references, 0u);
  EXPECT_EQ(rows[0].p, 0.25);
  EXPECT_EQ(rows[0].said, verdict::changed);
}

TEST(SetComparison, ByPromptAllClipsOfAPromptChangePlacesTogether) {
  grey_arms arms;
  arms.one_prompt = true;
  put_three(arms);
  EXPECT_EQ(arms.compared().at(0).p, 0.25);
  EXPECT_EQ(arms.compared({.of = observation::prompt}).at(0).p, 1);
}

TEST(SetComparison, OnlyClipsOfBothCountAndRepeatsOnce) {
  grey_arms arms;
  put_three(arms);
  arms.put("new", 0, 200, 1);
  arms.put("old", 3, 90);
  arms.put("new", 3, -1);  // its frames were not kept
  EXPECT_EQ(arms.compared().at(0).clips, 3u);
  EXPECT_NEAR(arms.compared().at(0).distance, 3, 1e-4);
}

TEST(SetComparison, WhatCannotBeHadIsTold) {
  grey_arms arms;
  arms.put("old", 0, 1);
  arms.put("new", 0, 2);
  const auto rows = arms.compared();
  EXPECT_EQ(rows.at(0).unavailable, "needs 2 clips");
  EXPECT_TRUE(std::isnan(rows[0].holm_p));
}

TEST(SetComparison, ThreadsChangeNothing) {
  grey_arms arms;
  put_three(arms);
  EXPECT_EQ(arms.compared().at(0).distance, arms.compared({.threads = 3}).at(0).distance);
}

}  // namespace
}  // namespace zoetrope
