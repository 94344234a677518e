// bench_training_step on the smallest preset: what it trains, and which layers it is told to compute twice; and
// what it and bench_unet_step say of their flags.
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

TEST(TrainingStep, HelpListsItsFlags) {
  const temporary_folder folder;
  for (const auto& [program, flags] :
       {std::pair<std::string, std::vector<std::string>>{
            TRAINING_STEP_PROGRAM, {"--preset=hotshot-xl", "--mode=temporal", "--micro_batches=1"}},
        {UNET_STEP_PROGRAM, {"--model=DIR", "--tokens=77", "--dtype=f32", "--benchmark_filter"}}}) {
    const std::string out = (folder / "help").string();
    ASSERT_EQ(std::system(concat("'", program, "' --help > '", out, "'").c_str()), 0);
    for (const std::string& flag : flags) EXPECT_NE(bytes_of(out).find(flag), std::string::npos) << flag;
  }
}

TEST(TrainingStep, NoStepsAreRefused) { EXPECT_EQ(refusal("--steps=0 --warm_up=1"), 2); }

}  // namespace
}  // namespace zoetrope
