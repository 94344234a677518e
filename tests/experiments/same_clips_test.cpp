#include "experiments/same_clips.hpp"

#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"
#include "tests/experiments/small_experiment.hpp"

namespace zoetrope {
namespace {

TEST(SameClips, ArmsThatDifferAreNamed) {
  const temporary_folder folder;
  experiment_file experiment = small();
  experiment.axes = {{"unet.temporal.backend.type", {"sdpa", "dense"}}, {"eta", {0.0, 0.5}}};
  experiment.seeds = {1};
  experiment.base["scheduler"] = "ddim";
  const experiment_cells all = cells_of(experiment);
  run_experiment(experiment, all, into(folder.path()));
  const auto differing = clips_that_differ(folder.path(), all, 1);
  ASSERT_EQ(differing.size(), 2u);  // not the other backend, but both with noise in their steps
  for (const clip_difference& one : differing) {
    EXPECT_TRUE(mentions(one.cell, "eta=0.5"));
    EXPECT_GT(one.levels, 1);
    EXPECT_GT(one.share, 0);
  }
  EXPECT_TRUE(clips_that_differ(folder.path(), all, 255).empty());
}

}  // namespace
}  // namespace zoetrope
