// Sets of results and merged files; h5dump reads what we write, as other programs would.
#include "eval/result_set.hpp"

#include <cmath>

#include "eval/arm_table.hpp"
#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t got; (got = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

const made_experiment small{.arms = {"conv", "none"}, .prompts = {"a red circle"}};

TEST(ResultSet, AFolderGivesItsCellsWithoutPictures) {
  const temporary_folder folder;
  write_experiment(folder.path(), small);
  const auto cells = read_whole_results({folder.path()});
  ASSERT_EQ(cells.size(), 4u);
  EXPECT_TRUE(cells[0].has_frames);
  EXPECT_TRUE(cells[0].cell.frames.values.empty());
  EXPECT_EQ(read_frames(cells[0]).shape, (hdf5_shape{8, 32, 32, 3}));
}

TEST(ResultSet, WhatIsNoResultIsNamed) {
  const temporary_folder folder;
  write_experiment(folder.path(), small);
  folder.put("made/broken.h5", "\x89HDF\r\n\x1a\n and then nothing");
  folder.put("made/half.part.h5", "still being written");
  const result_set set = read_results({folder.path()});
  EXPECT_EQ(set.cells.size(), 4u);
  ASSERT_EQ(set.unreadable.size(), 1u);
  EXPECT_TRUE(mentions(set.unreadable[0], "broken.h5"));
  EXPECT_TRUE(mentions(failure_of([&] { read_whole_results({folder.path()}); }), "broken.h5"));
  EXPECT_TRUE(mentions(failure_of([&] { read_whole_results({folder / "none"}); }), "bad_input: "));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_TRUE(mentions(failure_of([&] { read_whole_results({folder / "empty"}); }), "no results there"));
}

TEST(ResultSet, MergedCellsAreThoseOfTheFiles) {
  const temporary_folder folder;
  write_experiment(folder.path(), small);
  const auto cells = read_whole_results({folder.path()});
  merge_results(cells, folder / "all.h5");
  std::filesystem::remove_all(folder / "made");  // the collection needs no other file
  const auto merged = read_whole_results({folder / "all.h5"});
  ASSERT_EQ(merged.size(), cells.size());
  const arm_table before(cells), after(merged);
  ASSERT_EQ(before.measures().size(), after.measures().size());
  for (std::size_t a = 0; a < before.arms().size(); ++a) {
    EXPECT_EQ(before.arms()[a].label, after.arms()[a].label);
    for (std::size_t m = 0; m < before.measures().size(); ++m)
      for (std::size_t clip = 0; clip < before.clips().size(); ++clip)
        EXPECT_EQ(before.value(a, m, clip), after.value(a, m, clip));
  }
  EXPECT_EQ(read_frames(merged[1]).shape, (hdf5_shape{8, 32, 32, 3}));
  EXPECT_EQ(merged[0].cell.versions, cells[0].cell.versions);
}

TEST(ResultSet, ACellThatIsThereTwiceCountsOnce) {
  const temporary_folder folder;
  write_experiment(folder.path(), small);
  merge_results(read_whole_results({folder.path()}), folder / "all.h5");
  EXPECT_EQ(read_whole_results({folder.path()}).size(), 4u);  // all.h5 lies in the folder too
  write_result(folder / "failed.h5", failed_result(made_result(small, 0, 0, 0), "no memory"));
  const auto retried = read_whole_results({folder.path()});
  EXPECT_EQ(retried.size(), 4u);
  EXPECT_TRUE(
      std::none_of(retried.begin(), retried.end(), [](const auto& one) { return one.cell.failed(); }));
  result other = made_result(small, 0, 0, 0);
  other.finished = "2027-01-01T00:00:00Z";
  write_result(folder / "again.h5", other);
  const auto both = read_whole_results({folder.path()});
  EXPECT_EQ(both.size(), 5u);
  EXPECT_TRUE(
      mentions(failure_of([&] { merge_results(both, folder / "more.h5"); }),
               "bad_input: 1 cell has more than one result, of equal configs, made at different times"));
}

TEST(ResultSet, TablesOfACollectionHaveNanWhereACellHasNothing) {
  const temporary_folder folder;
  std::filesystem::create_directories(folder / "made");
  const result good = made_result(small, 0, 0, 0),
               bad = failed_result(made_result(small, 1, 0, 0), "no memory");
  write_result(folder / "made/1.h5", good);
  write_result(folder / "made/2.h5", bad);
  merge_results(read_whole_results({folder.path()}), folder / "all.h5");
  const hdf5_reader all(folder / "all.h5");
  const auto names = all.dataset<std::string>("/index/status").values;
  ASSERT_EQ(names.size(), 2u);
  const std::size_t at = names[0] == "ok" ? 0 : 1;
  const auto flicker = all.dataset<double>("/metrics/temporal_flickering/per_video");
  EXPECT_EQ(flicker.shape, hdf5_shape{2});
  EXPECT_EQ(flicker.values[at], good.metrics.at("temporal_flickering").per_video);
  EXPECT_TRUE(std::isnan(flicker.values[1 - at]));
  const auto lag = all.dataset<double>("/metrics/warp_error/curves/error");
  EXPECT_EQ(lag.shape, (hdf5_shape{2, 7}));
  EXPECT_EQ(lag.values[at * 7 + 6], good.metrics.at("warp_error").curves.at("error")[6]);
  EXPECT_TRUE(std::isnan(lag.values[(1 - at) * 7]));
  EXPECT_EQ(all.dataset<double>("/memory/peak_resident").values[at], 400.0 * (1 << 20));
  EXPECT_TRUE(mentions(
      output_of("h5dump -p -d /metrics/temporal_flickering/per_video " + (folder / "all.h5").string()),
      "VIRTUAL"));
}

TEST(ResultSet, NothingIsOverwritten) {
  const temporary_folder folder;
  write_experiment(folder.path(), small);
  const auto file = folder.put("all.h5.txt", "mine");
  EXPECT_TRUE(mentions(failure_of([&] { merge_results(read_whole_results({folder / "made"}), file); }),
                       "runtime: " + file.string() + ": there is a file already"));
  EXPECT_EQ(bytes_of(file), "mine");
}

TEST(ResultSet, AnotherVersionOfACollectionIsRefused) {
  const temporary_folder folder;
  hdf5_writer file(folder / "next.h5");
  file.attribute("/", "schema", "zoetrope-results");
  file.attribute("/", "schema_version", std::int64_t{2});
  file.finish();
  EXPECT_TRUE(mentions(failure_of([&] { read_whole_results({folder / "next.h5"}); }),
                       "next.h5: another version of schema 'zoetrope-results': got 2, wanted 1"));
}

}  // namespace
}  // namespace zoetrope
