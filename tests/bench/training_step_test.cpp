// bench_training_step on the smallest preset: what it trains, and which layers it is told to compute twice.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>

#include "core/config.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

json measured(const std::string& flags) {
  const temporary_folder folder;
  const std::string out = (folder / "out").string();
  const int status =
      std::system(("'" TRAINING_STEP_PROGRAM "' --preset=tiny --device=cpu --dtype=f32 --frames=2 --height=8"
                   " --width=8 --tokens=4 --steps=2 --warm_up=1 " +
                   flags + " > '" + out + "'")
                      .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 0) << flags;
  return parse_json(bytes_of(out), "out");
}

// The exit code.
int refusal(const std::string& flags) {
  return WEXITSTATUS(std::system(
      ("'" TRAINING_STEP_PROGRAM "' --preset=tiny --device=cpu " + flags + " 2> /dev/null").c_str()));
}

TEST(TrainingStep, MeasuresEveryModeOfTraining) {
  std::map<std::string, int64_t> trained;
  for (const std::string mode : {"full", "temporal", "lora", "motion"}) {
    const json result = measured("--mode=" + mode + " --rank=2");
    EXPECT_EQ(result.at("step_ms").size(), 2u);
    EXPECT_GT(result.at("clips_per_second").get<double>(), 0);
    EXPECT_TRUE(std::isfinite(result.at("loss").get<double>()));
    trained[mode] = result.at("trained_parameters");
    EXPECT_LE(trained[mode], result.at("parameters").get<int64_t>());
  }
  EXPECT_GT(trained.at("full"), trained.at("temporal"));
  EXPECT_GT(trained.at("temporal"), trained.at("lora"));
  EXPECT_GT(trained.at("lora"), trained.at("motion"));
}

TEST(TrainingStep, RecomputedLayersAreChosenByName) {
  EXPECT_EQ(measured("--recompute='unet.*.temporal_attentions.*'").at("recompute"),
            "unet.*.temporal_attentions.*");
  EXPECT_EQ(refusal("--recompute=unet.nothing"), 2);
}

TEST(TrainingStep, NoStepsAreRefused) { EXPECT_EQ(refusal("--steps=0 --warm_up=1"), 2); }

}  // namespace
}  // namespace zoetrope
