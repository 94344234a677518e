// Cells that were made more than once; expected texts and values are worked out by hand.
#include "eval/cell_versions.hpp"

#include "eval/arm_table.hpp"
#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

// Of arm "conv" or "none", in so many steps.
stored_result made(const std::string& arm, std::uint64_t seed, int steps, const std::string& started) {
  stored_result stored{concat(arm, seed, "-", steps, ".h5"), "", {}};
  stored.cell.experiment = "made";
  stored.cell.arm = {{"unet.temporal.type", arm}};
  stored.cell.prompt = "p";
  stored.cell.seed = seed;
  stored.cell.started = started;
  stored.cell.config = {{"generation", {{"steps", steps}, {"prompt", {"p"}}, {"unet", {{"temporal", arm}}}}},
                        {"repeat", 0}};
  return stored;
}

std::vector<std::string> files_of(const std::vector<stored_result>& cells) {
  std::vector<std::string> names;
  for (const stored_result& stored : cells) names.push_back(stored.file.string());
  return names;
}

TEST(CellVersions, DifferencesAreKeysWithTheirValues) {
  const json a = {{"generation", {{"steps", 2}, {"prompt", {"p"}}, {"scheduler", {{"type", "euler"}}}}},
                  {"metrics", {"psnr"}},
                  {"speed", nullptr},
                  {"repeat", 0}};
  json b = a;
  EXPECT_TRUE(differences_of({&a, &b}).empty());
  EXPECT_TRUE(differences_of({&a}).empty());
  b["repeat"] = 1;
  b["generation"]["prompt"] = {"q"};
  EXPECT_TRUE(differences_of({&a, &b}).empty());  // another sample of the same arm
  b["generation"]["scheduler"]["eta"] = 0.5;
  b["generation"]["steps"] = 4;
  b["metrics"].push_back("ssim");
  b["speed"] = {{"max_noise", 0.005}};
  EXPECT_EQ(differences_of({&a, &b, &a}), (config_differences{{"generation.scheduler.eta", {nullptr, 0.5}},
                                                              {"generation.steps", {2, 4}},
                                                              {"metrics", {{"psnr"}, {"psnr", "ssim"}}},
                                                              {"speed", {nullptr, {{"max_noise", 0.005}}}}}));
  EXPECT_EQ(shown_differences({{"a", {2, 4}}, {"b", {json(std::string(50, 'x')), nullptr}}}), "a (2, 4), b");
  config_differences all{{"a", {2, 4}}};
  add_differences(all, {{"a", {4, 8}}, {"b", {1}}});
  EXPECT_EQ(all, (config_differences{{"a", {2, 4, 8}}, {"b", {1}}}));
}

TEST(CellVersions, ACellWithTwoResultsIsRefusedOnceForAll) {
  std::vector<stored_result> cells{made("conv", 0, 2, "1"), made("conv", 1, 2, "2"), made("none", 0, 2, "3")};
  EXPECT_EQ(told_doubled(cells), "");
  EXPECT_EQ(failure_of([&] { expect_one_result_a_cell(cells); }), "no error");
  cells.push_back(made("conv", 0, 4, "4"));
  EXPECT_EQ(told_doubled(cells),
            "1 cell has more than one result, of different configs: generation.steps (2, 4)");
  cells.push_back(made("none", 0, 8, "5"));
  EXPECT_EQ(told_doubled(cells),
            "2 cells have more than one result, of different configs: generation.steps (2, 4, 8)");
  const std::string failure = failure_of([&] { arm_table table(cells); });
  EXPECT_TRUE(mentions(failure, "bad_input: 2 cells have more than one result"));
  EXPECT_TRUE(mentions(failure, "--newest takes the one begun last"));
}

TEST(CellVersions, EqualConfigsAreNotCalledDifferent) {
  const std::vector<stored_result> cells{made("conv", 0, 2, "1"), made("conv", 0, 2, "2")};
  EXPECT_EQ(told_doubled(cells),
            "1 cell has more than one result, of equal configs, made at different times");
}

TEST(CellVersions, TheNewestOfEachCellIsTheOneBegunLast) {
  std::vector<stored_result> cells{made("conv", 0, 2, "1"), made("conv", 0, 4, "9"), made("conv", 1, 4, "8"),
                                   made("conv", 1, 2, "2"), made("none", 0, 2, "3")};
  cells.push_back(cells[1]);
  cells.back().file = "copy.h5";
  take_newest(cells);
  EXPECT_EQ(files_of(cells), (std::vector<std::string>{"conv0-4.h5", "conv1-4.h5", "none0-2.h5"}));
}

TEST(CellVersions, AnArmOfMixedConfigsIsTold) {
  std::vector<stored_result> cells{made("conv", 0, 2, "1"), made("none", 0, 2, "2")};
  EXPECT_EQ(told_mixed(cells), "");
  cells.push_back(made("conv", 1, 4, "3"));  // no cell is there twice
  EXPECT_EQ(told_doubled(cells), "");
  EXPECT_EQ(told_mixed(cells), "1 arm has cells of different configs: generation.steps (2, 4)");
}

// As where an experiment's reference is the results of another one.
TEST(CellVersions, ReferencesOfSeedsMakeNoVersions) {
  std::vector<stored_result> cells{made("conv", 0, 2, "1"), made("conv", 1, 2, "2")};
  for (stored_result& stored : cells)
    stored.cell.config["inputs"] = {{"reference", concat("clip of seed ", stored.cell.seed)}};
  EXPECT_EQ(told_mixed(cells), "");
  EXPECT_EQ(versions_of(cells).size(), 1u);
  cells.push_back(cells[0]);  // the same cell, compared with another clip
  cells.back().cell.config["inputs"]["reference"] = "another";
  EXPECT_EQ(
      told_doubled(cells),
      R"(1 cell has more than one result, of different configs: inputs.reference ("clip of seed 0", "another"))");
}

TEST(CellVersions, VersionsOfAnArmStandTogetherInTheirOrder) {
  const std::vector<stored_result> cells{made("none", 0, 4, "7"), made("none", 0, 2, "2"),
                                         made("conv", 0, 2, "1"), made("conv", 0, 4, "5"),
                                         made("conv", 1, 4, "4")};
  const auto versions = versions_of(cells);
  ASSERT_EQ(versions.size(), 4u);
  std::vector<std::string> order;
  for (const arm_version& one : versions)
    order.push_back(concat(one.axes.at("unet.temporal.type").get<std::string>(), " ",
                           one.config.at("generation").at("steps").get<int>(), " ", one.begun, " ",
                           one.cells.size()));
  EXPECT_EQ(order, (std::vector<std::string>{"conv 2 1 1", "conv 4 4 2", "none 2 2 1", "none 4 7 1"}));
}

}  // namespace
}  // namespace zoetrope
