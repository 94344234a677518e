// A cell on a GPU: what only a GPU can put into a result.
#include <gtest/gtest.h>

#include "experiments/experiment_run.hpp"
#include "tests/core/gpu_environment.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/experiments/small_experiment.hpp"

namespace zoetrope {
namespace {

TEST(GpuCell, HoldsTheLaunchesOfAStepAndTheMemoryOfTheDevice) {
  if (!open_cuda().torch) GTEST_SKIP() << "needs a GPU: " << open_cuda().problem;
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.base["device"] = "cuda";
  experiment.axes.clear();
  experiment.seeds = {1};
  experiment.memory = true;
  experiment.speed.emplace();
  experiment.speed->timeout_seconds = 1;
  const experiment_cells all = cells_of(experiment);
  ASSERT_EQ(run_experiment(experiment, all, into(folder.path())).run, 1u);

  const experiment_cell& cell = all.cells.at(0);
  const result kept = read_result(result_path(folder.path(), cell.config, cell.seed));
  EXPECT_EQ(kept.status, "ok") << kept.error;
  // A step of the box's net has hundreds of operators; each is a launch or more.
  EXPECT_GT(kept.speed.at("unet_step").kernels, 100);
  EXPECT_GT(kept.memory.at("peak_device"), 0);
  EXPECT_EQ(kept.timeline.device_bytes.size(), kept.timeline.seconds.size());
}

}  // namespace
}  // namespace zoetrope
