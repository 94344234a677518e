// Tables and comparisons of made results; the expected numbers are computed by hand from a few values.
#include "eval/arm_table.hpp"

#include <cmath>

#include "eval/comparison.hpp"
#include "eval/export_results.hpp"
#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

// Of one clip: an arm and the value of the metric "score", higher is better.
stored_result cell_of(const std::string& arm, const std::string& prompt, std::uint64_t seed, double score) {
  stored_result stored{arm + prompt + std::to_string(seed) + ".h5", "", {}};
  stored.cell.experiment = "made";
  stored.cell.arm = {{"part.type", arm}};
  stored.cell.config = {{"part", arm}, {"prompt", prompt}};
  stored.cell.prompt = prompt;
  stored.cell.seed = seed;
  stored.cell.started = arm == "old" ? "1" : "2";
  stored.cell.metrics["score"] = {"points", "higher", score, {}, {}, ""};
  return stored;
}

std::vector<stored_result> old_and_new(const std::vector<double>& old_scores,
                                       const std::vector<double>& new_scores) {
  std::vector<stored_result> cells;
  for (std::size_t i = 0; i < old_scores.size(); ++i) {
    cells.push_back(cell_of("new", "p", i, new_scores[i]));
    cells.push_back(cell_of("old", "p", i, old_scores[i]));
  }
  return cells;
}

const double nan = std::nan("");

TEST(ArmTable, ArmsStandInTheOrderInWhichTheyWereBegun) {
  const auto cells = old_and_new({1, 2}, {3, 4});
  const arm_table table(cells);
  ASSERT_EQ(table.arms().size(), 2u);
  EXPECT_EQ(table.arms()[0].label, "part=old");
  EXPECT_EQ(table.arms()[1].label, "part=new");
  EXPECT_EQ(table.value(0, 0, 1), 2);
  EXPECT_EQ(table.value(1, 0, 0), 3);
  EXPECT_EQ(table.find_arm("new"), 1u);
  EXPECT_EQ(table.find_arm("part=old"), 0u);
  EXPECT_TRUE(
      mentions(failure_of([&] { table.find_arm("part=ne"); }),
               "usage: there is no arm 'part=ne'; did you mean 'part=new'? (arms: part=old; part=new)"));
  EXPECT_TRUE(mentions(failure_of([&] { table.find_measure("scor"); }), "did you mean 'score'?"));
}

TEST(ArmTable, ClipsPerMinuteComeFromTheTimeOfAClip) {
  auto cells = old_and_new({1}, {3});
  for (stored_result& stored : cells) stored.cell.speed["clip"] = {{2, 4, 3}, "noise", false};
  const arm_table table(cells);
  const std::size_t rate = table.find_measure("speed/clips_per_minute");
  EXPECT_EQ(table.value(0, rate, 0), 20);
  EXPECT_EQ(table.measures()[rate].better, "higher");
}

TEST(ArmTable, RepeatsAreAveragedAndFailedCellsMissing) {
  auto cells = old_and_new({1, 2}, {3, 4});
  cells.push_back(cell_of("old", "p", 0, 2));
  cells.back().cell.repeat = 1;
  cells[2].cell = failed_result(cells[2].cell, "no memory");
  const arm_table table(cells);
  EXPECT_EQ(table.value(0, 0, 0), 1.5);
  EXPECT_TRUE(std::isnan(table.value(1, 0, 1)));
  EXPECT_EQ(table.cells(0, 0).size(), 2u);
}

TEST(ArmTable, TheCostsAreMediansAndBytes) {
  auto cells = old_and_new({1}, {3});
  cells[0].cell.speed["step"].seconds = {4, 1, 2};
  cells[0].cell.memory["peak"] = 7;
  const arm_table table(cells);
  ASSERT_EQ(table.measures().size(), 3u);
  EXPECT_EQ(table.value(1, table.find_measure("speed/step"), 0), 2);
  EXPECT_EQ(table.value(1, table.find_measure("memory/peak"), 0), 7);
}

TEST(ArmTable, WhatContradictsItselfIsRefused) {
  auto cells = old_and_new({1}, {3});
  cells.push_back(cell_of("old", "p", 0, 2));
  cells.back().file = "other.h5";
  EXPECT_TRUE(
      mentions(failure_of([&] { arm_table table(cells); }), "bad_input: 1 cell has more than one result"));
  cells.pop_back();
  cells[0].cell.metrics["score"].better = "lower";
  EXPECT_TRUE(mentions(failure_of([&] { arm_table table(cells); }), "bad_input: oldp0.h5: metric score"));
}

TEST(ArmTable, ExperimentsAreKeptApart) {
  auto cells = old_and_new({1}, {3});
  cells.push_back(cell_of("old", "p", 0, 2));
  cells.back().cell.experiment = "other";
  const arm_table table(cells);
  ASSERT_EQ(table.arms().size(), 3u);
  EXPECT_EQ(table.arms()[0].label, "made: part=old");
  EXPECT_TRUE(mentions(failure_of([&] { table.find_arm("old"); }), "more than one arm has the value 'old'"));
}

TEST(Comparison, OnlySharedClipsAreCompared) {
  const auto cells = old_and_new({1, 2, 3, 4, nan}, {2, 4, 6, nan, 9});
  const arm_table table(cells);
  const auto rows = compare(table, 0);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].pairs, 3u);
  EXPECT_EQ(rows[0].baseline_mean, 2);
  EXPECT_EQ(rows[0].mean, 4);
  EXPECT_EQ(rows[0].difference, 2);
  EXPECT_EQ(rows[0].dz, 2);    // differences 1, 2, 3
  EXPECT_EQ(rows[0].p, 0.25);  // two of the eight sign patterns
  EXPECT_EQ(rows[0].holm_p, 0.25);
  EXPECT_EQ(rows[0].said, verdict::unclear);
}

// Two prompts, of two clips and of one: differences 1 and 3, and 4. By prompt 2 and 4.
TEST(Comparison, APromptIsOneObservationWhereItIsAskedFor) {
  std::vector<stored_result> cells;
  for (const auto& [prompt, seed, difference] :
       std::vector<std::tuple<std::string, int, double>>{{"p", 0, 1}, {"p", 1, 3}, {"q", 0, 4}}) {
    cells.push_back(cell_of("old", prompt, seed, 10));
    cells.push_back(cell_of("new", prompt, seed, 10 + difference));
  }
  const arm_table table(cells);
  const auto by_clip = compare(table, 0).at(0),
             by_prompt = compare(table, 0, {}, {}, observation::prompt).at(0);
  EXPECT_EQ(by_clip.pairs, 3u);
  EXPECT_DOUBLE_EQ(by_clip.difference, 8.0 / 3);
  EXPECT_EQ(by_prompt.pairs, 2u);
  EXPECT_EQ(by_prompt.difference, 3);
  EXPECT_EQ(by_prompt.mean, 13);
  EXPECT_EQ(by_prompt.p, 0.5);  // two of four sign patterns
}

TEST(Comparison, TheVerdictKnowsWhichWayIsBetter) {
  const std::vector<double> less{1, 1, 1, 1, 1, 1, 1, 1}, more{2, 3, 2, 3, 2, 3, 2, 4};
  for (const auto& [better, wanted] : std::map<std::string, verdict>{
           {"higher", verdict::better}, {"lower", verdict::worse}, {"neither", verdict::changed}}) {
    auto cells = old_and_new(less, more);
    for (stored_result& stored : cells) stored.cell.metrics["score"].better = better;
    const arm_table table(cells);
    const auto rows = compare(table, 0);
    EXPECT_EQ(rows.at(0).holm_p, 2.0 / 256);
    EXPECT_EQ(rows.at(0).said, wanted) << better;
  }
  const auto cells = old_and_new(more, more);
  const arm_table table(cells);
  EXPECT_EQ(compare(table, 0).at(0).said, verdict::same);
}

TEST(Comparison, HolmCountsMetricsAndCostsApart) {
  auto cells = old_and_new({1, 1, 1, 1}, {2, 3, 4, 5});
  for (stored_result& stored : cells) {
    const double score = stored.cell.metrics["score"].per_video;
    stored.cell.metrics["second"] = {"", "higher", score * score, {}, {}, ""};
    stored.cell.speed["step"].seconds = {score};
  }
  const arm_table table(cells);
  const auto rows = compare(table, 0);
  ASSERT_EQ(rows.size(), 3u);
  for (const arm_comparison& row : rows)
    EXPECT_EQ(row.holm_p, (table.measures()[row.measure].of == measure::metric ? 2 : 1) * 0.125);
  EXPECT_EQ(compare(table, 0, {}, {table.find_measure("score")}).at(0).holm_p, 0.125);
}

TEST(Comparison, MemoryByPartIsComparedOnlyWhereItIsAskedFor) {
  auto cells = old_and_new({1, 2}, {2, 3});
  for (stored_result& stored : cells) stored.cell.memory = {{"peak_resident", 7}, {"weights_unet", 5}};
  const arm_table table(cells);
  EXPECT_EQ(compare(table, 0).size(), 2u);
  EXPECT_EQ(compare(table, 0, {}, {table.find_measure("memory/weights_unet")}).at(0).mean, 5);
}

TEST(Comparison, StillClipsAreCounted) {
  auto cells = old_and_new({1, 1, 1}, {2, 3, 4});
  const std::vector<double> motion{0.1, 5, 0.2, 5, nan, 5};
  for (std::size_t i = 0; i < cells.size(); ++i)
    cells[i].cell.metrics["motion_amount"] = {"px at 256", "neither", motion[i], {}, {}, ""};
  const arm_table table(cells);
  EXPECT_EQ(count_still(table, 1).still, 2u);
  EXPECT_EQ(count_still(table, 1).known, 2u);
  EXPECT_EQ(count_still(table, 0).still, 0u);
}

TEST(Comparison, AnArmThatMovesLessIsTold) {
  for (const double less : {1.0, -1.0}) {
    auto cells = old_and_new({5, 5, 5, 5}, {5 - less, 5 - 2 * less, 5 - less, 5 - less});
    for (stored_result& stored : cells)
      stored.cell.metrics["motion_amount"] = {"px at 256", "neither", stored.cell.metrics["score"].per_video,
                                              {},          {},        ""};
    const arm_table table(cells);
    const auto rows = compare(table, 0);
    const arm_comparison* found = moves_less(table, rows, 1);
    ASSERT_EQ(found != nullptr, less > 0);
    if (found) {
      EXPECT_EQ(found->difference, -1.25);
    }
  }
}

TEST(Export, TheCsvQuotesAndKeepsEveryDigit) {
  std::vector<stored_result> cells{cell_of("old", "says \"hi\", twice\n", 3, 0.1)};
  cells.push_back(cell_of("new", "p", 3, nan));
  EXPECT_EQ(results_as_csv(arm_table(cells)),
            "experiment,part.type,prompt,seed,repeat,status,error,device,started,score\r\n"
            "made,old,\"says \"\"hi\"\", twice\n\",3,0,ok,,,1,0.1\r\n"
            "made,new,p,3,0,ok,,,2,\r\n");
}

TEST(Export, TheJsonHasTheRawSeries) {
  made_experiment of;
  of.frames = false;
  stored_result stored{"a.h5", "", made_result(of, 1, 0, 1)};
  const json cell = results_as_json(arm_table({stored})).at(0);
  EXPECT_EQ(cell.at("metrics").at("warp_error").at("curves").at("error").size(), 7u);
  EXPECT_EQ(cell.at("speed").at("unet_step").at("seconds").size(), 5u);
  EXPECT_EQ(cell.at("metrics").at("clip_score").at("unavailable"),
            "unavailable: needs clip/model.safetensors");
  EXPECT_EQ(cell.at("arm"), stored.cell.arm);
}

}  // namespace
}  // namespace zoetrope
