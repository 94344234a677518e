// `zoetrope results` as seen from outside.
#include <gtest/gtest.h>

#include "tests/cli/small_clips.hpp"
#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

class Results : public ::testing::Test {
 protected:
  Results() { write_experiment(folder.path(), made_experiment{}); }

  program_result results(words arguments) {
    arguments.insert(arguments.begin(), "results");
    return run({arguments, folder.path()});
  }
  void refuse(const words& arguments, int exit_code, const words& messages) {
    const auto result = results(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    for (const std::string& message : messages) EXPECT_TRUE(mentions(result.err, message));
  }

  temporary_folder folder;
};

TEST_F(Results, ListTellsArmsCellsAndFailures) {
  write_result(folder / "made/failed.h5",
               failed_result(made_result({.seeds = {9}}, 0, 0, 0), "no memory left"));
  const auto listed = results({"list", "."});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_TRUE(mentions(listed.out, "made: 3 arms, 4 prompts, 9 clips an arm, 25 cells"));
  EXPECT_TRUE(mentions(listed.out, "temporal=conv"));
  EXPECT_TRUE(mentions(listed.out, "failed.h5: no memory left"));
  folder.put("made/broken.h5", "no HDF5");
  refuse({"list", "."}, 3, {"broken.h5", "a file is no result"});
}

// As after an edit of the experiment's file, which leaves what was there.
TEST_F(Results, VersionsAreListedApartAndTheNewestCanBeTaken) {
  for (const std::size_t arm : {0, 1, 2})
    for (const std::size_t prompt : {0, 1, 2, 3}) {
      result cell = made_result({}, arm, prompt, 0);
      cell.config["generation"]["steps"] = 40;
      cell.started[3] = '7';  // 2027
      cell.metrics.at("warp_error").per_video += 100;
      write_result(result_path(folder / "made", cell.config, cell.seed), cell);
    }
  const auto listed = results({"list", "made"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_TRUE(mentions(listed.out, "made: 3 arms, 4 prompts, 8 clips an arm, 36 cells"));
  EXPECT_TRUE(mentions(listed.out, "2027-01-02T03:00:00Z  generation.steps=40"));
  EXPECT_TRUE(mentions(listed.out, "2026-01-02T03:00:00Z  generation.steps=20"));
  const std::string doubled =
      "12 cells have more than one result, of different configs: generation.steps (20, 40)";
  EXPECT_TRUE(mentions(listed.out, doubled));
  refuse({"compare", "made"}, 3, {doubled, "--newest"});
  refuse({"sets", "made"}, 3, {doubled});
  refuse({"export", "made", "--csv"}, 3, {doubled});
  refuse({"merge", "made", "--output", "all.h5"}, 3, {doubled});
  const auto page = run({{"report", "made"}, folder.path()});
  EXPECT_EQ(page.exit_code, 3);
  EXPECT_TRUE(mentions(page.err, doubled));

  const auto told = results({"compare", "made", "--newest"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_TRUE(mentions(told.err, "3 arms have cells of different configs: generation.steps (20, 40)"));
  EXPECT_EQ(run({{"report", "made", "--newest", "--no-clips"}, folder.path()}).exit_code, 0);
  EXPECT_TRUE(mentions(bytes_of(folder / "report.html"), "3 arms have cells of different configs"));
  EXPECT_EQ(results({"merge", "made", "--newest", "--output", "all.h5"}).exit_code, 0);
  EXPECT_EQ(results({"compare", "all.h5"}).out, told.out);
  const auto cells = nlohmann::json::parse(results({"export", "made", "--newest", "--json"}).out);
  ASSERT_EQ(cells.size(), 24u);
  for (const auto& cell : cells)
    EXPECT_EQ(cell["config"]["generation"]["steps"], cell["seed"] == 0 ? 40 : 20);
  EXPECT_EQ(run({{"results", "show", "made"}, folder.path()}).exit_code, 0);
}

TEST_F(Results, TheSameExperimentTwiceIsNotCalledAnotherConfig) {
  result again = made_result({}, 0, 0, 0);
  again.started[3] = '7';
  std::filesystem::create_directory(folder / "other");
  write_result(folder / "other/again.h5", again);
  EXPECT_TRUE(mentions(results({"list", "."}).out, "1 cell has more than one result, of equal configs"));
  refuse({"compare", "."}, 3, {"of equal configs, made at different times; --newest"});
}

TEST_F(Results, ShowTellsWhatACellIs) {
  write_result(folder / "one.h5", made_result({}, 1, 0, 0));
  const auto shown = results({"show", "one.h5"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  for (const char* what : {"a red circle moving left", "temporal_flickering", "needs clip/model.safetensors",
                           "median of 5", "450.0 MiB", "CPU: made for a test"})
    EXPECT_TRUE(mentions(shown.out, what));
}

TEST_F(Results, CompareGivesEveryArmAgainstTheBaseline) {
  const auto told = results({"compare", ".", "--baseline", "conv", "--measures", "warp_error"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_TRUE(mentions(told.out, "temporal=none  against  temporal=conv"));
  EXPECT_TRUE(mentions(told.out, "motion_amount"));  // never left out
  EXPECT_EQ(told.out.find("temporal_flickering"), std::string::npos);
  EXPECT_TRUE(mentions(told.out, "still: 2 of 8 clips of temporal=none"));
  const auto tree = results({"compare", ".", "--json"}).json();
  EXPECT_EQ(tree.at("baseline"), "temporal=transformer");
  EXPECT_EQ(tree.at("rows").size(), 10u);
  EXPECT_EQ(results({"compare", ".", "--by", "prompt", "--json"}).json()["by"], "prompt");
  refuse({"compare", ".", "--by", "seed"}, 2, {"--by", "seed"});
  EXPECT_EQ(results({"compare", "."}).out, results({"compare", "."}).out);
}

TEST_F(Results, SetsGivesTheDistancesOfArms) {
  const auto told = results({"sets", "."});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  for (const char* what :
       {"baseline: temporal=transformer", "needs i3d.pt", "needs 65 clips", "from baseline"})
    EXPECT_TRUE(mentions(told.out, what));
  const auto rows = results({"sets", ".", "--set_metrics", "kvd_v1:side=16", "--json"}).json()["rows"];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["clips"], 8);
  EXPECT_EQ(rows[0]["p"], 2.0 / 256);  // other colours: no other pattern is as far apart
  EXPECT_EQ(rows[0]["verdict"], "changed");
  std::filesystem::create_directory(folder / "real");
  put_moving_square(folder / "real/one.gif", 32, 32, 8);
  put_moving_square(folder / "real/two.gif", 32, 32, 8, {60, 200});
  const auto against =
      results({"sets", ".", "--set_metrics", "kvd_v1:side=16", "--reference", "real", "--json"})
          .json()["rows"];
  EXPECT_EQ(against[0]["references"], 2);
  EXPECT_TRUE(against[0].contains("baseline_distance"));
  refuse({"sets", ".", "--set_metrics", "kvd"}, 2, {"unknown set metric 'kvd'; did you mean"});
  refuse({"sets", ".", "--reference", "nowhere"}, 3, {"nowhere: no such file or folder"});
  refuse({"sets", ".", "--metric_weights", "nowhere"}, 2, {"nowhere: no such folder"});
}

TEST_F(Results, ExportWritesCsvAndJson) {
  const auto csv = results({"export", ".", "--csv"});
  EXPECT_EQ(csv.exit_code, 0) << csv.err;
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 25);
  EXPECT_EQ(results({"export", ".", "--json", "--output", "all.json"}).exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(bytes_of(folder / "all.json")).size(), 24u);
  refuse({"export", "."}, 2, {"give --csv or --json"});
}

TEST_F(Results, NothingIsWrittenOverResults) {
  const std::string file = "made/" + *names_in(folder / "made").begin(), before = bytes_of(folder / file);
  refuse({"export", ".", "--csv", "--output", file}, 1, {"holds results already (HDF5)"});
  const auto page = run({{"report", ".", "--output", file}, folder.path()});
  EXPECT_EQ(page.exit_code, 1);
  EXPECT_TRUE(mentions(page.err, "they are never overwritten"));
  EXPECT_EQ(bytes_of(folder / file), before);
}

TEST_F(Results, AFileOfAnotherKindIsNotOverwritten) {
  folder.put("e.yaml", "steps: 4");
  refuse({"export", ".", "--csv", "--output", "e.yaml"}, 1,
         {"e.yaml: there is such a file already, and no .csv"});
  EXPECT_EQ(run({{"report", ".", "--output", "e.yaml"}, folder.path()}).exit_code, 1);
  EXPECT_EQ(bytes_of(folder / "e.yaml"), "steps: 4");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(results({"export", ".", "--csv", "--output", "t.csv"}).exit_code, 0);
}

TEST_F(Results, MergeMakesOneFileThatCanBeCompared) {
  EXPECT_EQ(results({"merge", "made", "--output", "all.h5"}).exit_code, 0);
  EXPECT_EQ(results({"compare", "all.h5"}).out, results({"compare", "made"}).out);
  refuse({"merge", "made", "--output", "all.h5"}, 1, {"all.h5: there is a file already"});
  refuse({"merge", "made"}, 2, {"--output is required"});
}

TEST_F(Results, WhatIsNotThereIsNamed) {
  refuse({"compare", "nowhere"}, 3, {"nowhere: there is no such file or folder"});
  refuse({"compare", ".", "--baseline", "temporal=cnv"}, 2,
         {"no arm 'temporal=cnv'; did you mean 'temporal=conv'?"});
  refuse({"compare", ".", "--measures", "warp"}, 2, {"unknown measure 'warp'", "warp_error"});
  refuse({"compare", ".", "--level", "95"}, 2, {"--level 95: wanted more than 0, less than 1"});
  refuse({"compare", ".", "--basline", "conv"}, 2,
         {"unknown option '--basline'; did you mean '--baseline'?"});
  folder.put("text.h5", std::string(3000, 'x'));
  refuse({"show", "text.h5"}, 3, {"text.h5"});
  std::filesystem::create_directory(folder / "alone");
  write_result(folder / "alone/a.h5", made_result({}, 0, 0, 0));
  refuse({"compare", "alone"}, 2, {"compare: all results there are of one arm"});
  refuse({"sets", "alone", "--reference", "made"}, 2, {"sets: all results there are of one arm"});
}

TEST_F(Results, ReportWritesOnePageAlwaysTheSame) {
  const auto page_of = [&](const words& more) {
    words arguments{"report", "made", "--output", "page.html"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto told = run({arguments, folder.path()});
    EXPECT_EQ(told.exit_code, 0) << told.err;
    return bytes_of(folder / "page.html");
  };
  const std::string page = page_of({});
  EXPECT_TRUE(mentions(page, "<section id=clips>"));
  EXPECT_EQ(page, page_of({}));
  EXPECT_NE(page, page_of({"--baseline", "conv"}));
  EXPECT_TRUE(mentions(page_of({"--by", "prompt"}), "Mean of the prompts"));
  EXPECT_TRUE(mentions(page_of({"--set_metrics", "kvd_v1:side=16"}), "<section id=sets>"));
  EXPECT_EQ(page_of({"--no-clips"}).find("<section id=clips>"), std::string::npos);
  EXPECT_TRUE(mentions(page_of({"--costs", "memory/peak_resident"}), "against <bdi>memory/peak_resident"));
}

TEST_F(Results, ReportNamesWhatIsWrong) {
  const auto refused = [&](const words& arguments, int exit_code, const std::string& message) {
    const auto told = run({arguments, folder.path()});
    EXPECT_EQ(told.exit_code, exit_code);
    EXPECT_TRUE(mentions(told.err, message));
    EXPECT_FALSE(std::filesystem::exists(folder / "report.html"));
  };
  refused({"report", "nowhere"}, 3, "nowhere: there is no such file or folder");
  refused({"report", "made", "--baseline", "cnv"}, 2, "there is no arm 'cnv'");
  refused({"report", "made", "--costs", "speed"}, 2, "unknown measure 'speed'");
  std::filesystem::create_directory(folder / "alone");
  write_result(folder / "alone/a.h5", made_result({}, 0, 0, 0));
  refused(
      {"report", "alone", "--reference", "nowhere"}, 2,
      "--reference, --set_metrics: all results there are of one arm");  // told before anything is measured
  refused({"report", "made", "--clip_side", "-1"}, 2, "--clip_side -1: wanted 1 to");
  refused({"report", "made", "--output", "none/page.html"}, 1, "none/page");
  folder.put("made/half.h5", bytes_of(folder / "made" / *names_in(folder / "made").begin()).substr(0, 3000));
  refused({"report", "made"}, 3, "half.h5");
}

}  // namespace
}  // namespace zoetrope
