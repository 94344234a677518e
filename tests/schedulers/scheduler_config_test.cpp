// From a diffusers config to a scheduler.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "schedulers/scheduler.hpp"

namespace zoetrope {
namespace {

std::string message_of(const std::string& name, const json& options) {
  try {
    make_scheduler(name, config(options));
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    return failure.what();
  }
  return "accepted";
}

#define EXPECT_MENTIONS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(SchedulerConfig, UnknownClassGetsTheListAndTheNearestName) {
  const std::string message = message_of("EulerDiscretScheduler", {});
  EXPECT_MENTIONS(message, "did you mean 'EulerDiscreteScheduler'");
  EXPECT_MENTIONS(message, "UniPCMultistepScheduler");
}

TEST(SchedulerConfig, RefusesValuesThatTheClassDoesNotKnow) {
  EXPECT_MENTIONS(message_of("EulerDiscreteScheduler", {{"prediction_type", "noise"}}), "'noise'");
  EXPECT_MENTIONS(message_of("EulerAncestralDiscreteScheduler", {{"prediction_type", "sample"}}), "'sample'");
  EXPECT_MENTIONS(message_of("DDIMScheduler", {{"timestep_spacing", "leadin"}}), "did you mean 'leading'");
  EXPECT_MENTIONS(message_of("DDPMScheduler", {{"variance_type", "fixed_large_log"}}), "fixed_large_log");
  EXPECT_MENTIONS(message_of("DPMSolverMultistepScheduler", {{"algorithm_type", "dpmsolver"}}), "sigma_min");
  EXPECT_MENTIONS(message_of("DPMSolverSinglestepScheduler", {{"algorithm_type", "sde-dpmsolver"}}),
                  "sde-dpmsolver");
  EXPECT_MENTIONS(message_of("DPMSolverMultistepScheduler", {{"solver_order", 4}}), "solver_order 4");
  EXPECT_MENTIONS(message_of("UniPCMultistepScheduler", {{"solver_type", "bh3"}}), "bh3");
  EXPECT_MENTIONS(message_of("UniPCMultistepScheduler", {{"shift_terminal", 0.1}}), "use_flow_sigmas");
  EXPECT_MENTIONS(message_of("FlowMatchEulerDiscreteScheduler", {{"time_shift_type", "cubic"}}), "cubic");
  EXPECT_MENTIONS(message_of("EDMEulerScheduler", {{"sigma_schedule", "linear"}}), "linear");
  EXPECT_MENTIONS(
      message_of("HeunDiscreteScheduler", {{"use_karras_sigmas", true}, {"use_beta_sigmas", true}}),
      "only one");
  EXPECT_MENTIONS(message_of("LMSDiscreteScheduler", {{"beta_start", "small"}}), "beta_start");
}

// diffusers' from_config: what the class does not have is ignored, what is missing has the class's own
// default.
TEST(SchedulerConfig, EverySchedulerTakesEveryOthersFile) {
  const json euler = {{"_class_name", "EulerDiscreteScheduler"},
                      {"_diffusers_version", "0.21.4"},
                      {"beta_schedule", "scaled_linear"},
                      {"beta_start", 0.00085},
                      {"beta_end", 0.012},
                      {"interpolation_type", "linear"},
                      {"num_train_timesteps", 1000},
                      {"prediction_type", "epsilon"},
                      {"sample_max_value", 1.0},
                      {"steps_offset", 1},
                      {"timestep_spacing", "leading"},
                      {"trained_betas", nullptr},
                      {"use_karras_sigmas", false},
                      {"skip_prk_steps", true}};
  for (const std::string& name : schedulers().names()) {
    const auto sampler = make_scheduler(name, config(euler));
    sampler->set_timesteps({.steps = 10});
    EXPECT_GE(sampler->timesteps().numel(), 10) << name;
  }
  const auto ddim = make_scheduler("DDIMScheduler", config(euler));
  ddim->set_timesteps({.steps = 10});
  EXPECT_EQ(ddim->timesteps()[0].item<int64_t>(), 901);
}

TEST(SchedulerConfig, SolverTypesOfOtherSolversBecomeTheClassesOwn) {
  EXPECT_EQ(message_of("DPMSolverMultistepScheduler", {{"solver_type", "bh2"}, {"algorithm_type", "deis"}}),
            "accepted");
  EXPECT_EQ(
      message_of("DEISMultistepScheduler", {{"solver_type", "midpoint"}, {"algorithm_type", "dpmsolver++"}}),
      "accepted");
  EXPECT_EQ(message_of("UniPCMultistepScheduler", {{"solver_type", "logrho"}}), "accepted");
}

TEST(SchedulerConfig, ValuesThatNobodySetGiveWayToTheClassDefault) {
  const json options = {{"timestep_spacing", "linspace"}, {"_use_default_values", {"timestep_spacing"}}};
  const auto ddim = make_scheduler("DDIMScheduler", config(options));  // whose default is leading
  ddim->set_timesteps({.steps = 10});
  EXPECT_EQ(ddim->timesteps()[0].item<int64_t>(), 900);
}

TEST(SchedulerConfig, DescribesEveryKeyAtItsDefault) {
  const config options(json::object({{"beta_end", 0.012}}));
  make_scheduler("EulerDiscreteScheduler", options);
  const json described = options.described();
  EXPECT_EQ(described.at("beta_end"), 0.012);
  EXPECT_EQ(described.at("beta_start"), 0.0001);
  EXPECT_EQ(described.at("timestep_spacing"), "linspace");
  EXPECT_EQ(described.at("final_sigmas_type"), "zero");
  EXPECT_TRUE(described.at("sigma_max").is_null());
}

class SchedulerFile : public testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::temp_directory_path() /
            concat("zoetrope_", testing::UnitTest::GetInstance()->current_test_info()->name(), ".json");
  }
  void TearDown() override { std::filesystem::remove(file_); }
  void write(const std::string& text) { std::ofstream(file_) << text; }
  std::filesystem::path file_;
};

TEST_F(SchedulerFile, MayHoldPythonsInfinities) {
  write(R"({"lambda_min_clipped": -Infinity, "note": "-Infinity and \"Infinity\"", "s": Infinity})");
  const config options = load_scheduler_config(file_);
  EXPECT_LT(options.get<double>("lambda_min_clipped"), -1e300);
  EXPECT_GT(options.get<double>("s"), 1e300);
  EXPECT_EQ(options.get<std::string>("note"), "-Infinity and \"Infinity\"");
  EXPECT_NO_THROW(make_scheduler("DPMSolverMultistepScheduler", options));
}

TEST_F(SchedulerFile, StillHasToBeJson) {
  write(R"({"lambda_min_clipped": -Infinite})");
  EXPECT_THROW(load_scheduler_config(file_), error);
  EXPECT_THROW(load_scheduler_config(file_.string() + ".missing"), error);
}

}  // namespace
}  // namespace zoetrope
