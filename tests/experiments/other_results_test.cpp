#include "experiments/other_results.hpp"

#include "eval/result_file.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

experiment_file two_arms() {
  experiment_file experiment;
  experiment.source = "e.yaml";
  experiment.name = "e";
  experiment.base = {{"steps", 2}, {"width", 32}, {"height", 32}, {"video_length", 2}};
  experiment.axes = {{"scheduler", {"euler", "ddim"}}};
  experiment.prompts = {"a red circle moving left"};
  experiment.seeds = {0, 1};
  return experiment;
}

// As a run would have left them, but for their numbers.
void put_results(const fs::path& folder, const experiment_file& experiment) {
  const experiment_cells all = cells_of(experiment);
  fs::create_directories(folder);
  for (const experiment_cell& cell : all.cells) {
    result kept;
    kept.experiment = experiment.name;
    kept.config = cell.config;
    kept.arm = all.arms[cell.arm].values;
    kept.prompt = cell.prompt;
    kept.seed = cell.seed;
    kept.repeat = cell.repeat;
    write_result(result_path(folder, cell.config, cell.seed), kept);
  }
}

TEST(OtherResults, AFolderOfTheSameExperimentHasNone) {
  const temporary_folder folder;
  const experiment_file experiment = two_arms();
  const experiment_cells all = cells_of(experiment);
  EXPECT_EQ(other_results_in(folder / "none", "e", all).superseded, 0u);
  put_results(folder / "r", experiment);
  fs::copy_file(result_files(folder / "r")[0], folder / "r/copy.h5");
  folder.put("r/half.h5", "half a file");
  const other_results found = other_results_in(folder / "r", "e", all);
  EXPECT_EQ(found.superseded, 0u);
  EXPECT_EQ(found.beside, 0u);
}

TEST(OtherResults, AnEditOfTheBaseOrTheMetricsIsNamed) {
  const temporary_folder folder;
  experiment_file experiment = two_arms();
  put_results(folder / "r", experiment);
  experiment.base["steps"] = 4;
  other_results found = other_results_in(folder / "r", "e", cells_of(experiment));
  EXPECT_EQ(found.superseded, 4u);
  EXPECT_EQ(found.differences, "generation.steps (2, 4)");
  EXPECT_EQ(found.beside, 0u);
  EXPECT_EQ(other_results_in(folder / "r", "another", cells_of(experiment)).superseded, 0u);
  experiment.metrics = {{{"type", "temporal_flickering"}}};
  found = other_results_in(folder / "r", "e", cells_of(experiment));
  EXPECT_EQ(found.differences, "generation.steps (2, 4), metrics ([], [{\"type\":\"temporal_flickering\"}])");
}

TEST(OtherResults, ArmsAndSeedsThatWereTakenAwayAreCountedApart) {
  const temporary_folder folder;
  experiment_file experiment = two_arms();
  put_results(folder / "r", experiment);
  experiment.axes = {{"scheduler", {"euler", "heun"}}};
  experiment.seeds = {0};
  const other_results found = other_results_in(folder / "r", "e", cells_of(experiment));
  EXPECT_EQ(found.superseded, 0u);
  EXPECT_EQ(found.differences, "");
  EXPECT_EQ(found.beside, 3u);  // seed 1 of euler, and ddim
}

}  // namespace
}  // namespace zoetrope
