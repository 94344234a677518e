// ControlNets in a generation: which are run when, and what they change. That the numbers are Hotshot-XL's:
// reference_runs_test.cpp.
#include "pipelines/control_runner.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "sample_models.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {
namespace {

/// The random model with its ControlNet, twice; loaded once.
const text_to_video_model& controlled_model() {
  static const text_to_video_model model = [] {
    model_load_options options;
    options.controlnets =
        std::vector<std::filesystem::path>(2, random_model_folder().parent_path() / "controlnet");
    return load_text_to_video_model(model_directory::open(random_model_folder().string()), options);
  }();
  return model;
}

control sample_control(std::size_t net = 0) {
  control one;
  one.net = net;
  one.frames = generator(21).uniform({3, 3, 16, 24}, 0, 1);
  return one;
}

text_to_video_call call_with(const std::vector<control>& controls) {
  text_to_video_call call = short_call();
  call.controls = controls;
  call.output_kind = text_to_video_call::output::latents;
  return call;
}

at::Tensor latents_of(const text_to_video_call& call) {
  return text_to_video(controlled_model(), call).latents;
}

/// How often each part of the nets ran during `call`.
std::vector<std::map<std::string, int>> runs_in(const text_to_video_call& call) {
  std::vector<std::map<std::string, int>> runs(2);
  for (std::size_t i = 0; i < 2; ++i)
    controlled_model().controlnets[i]->set_tap(
        [&runs, i](const std::string& path, const at::Tensor&) { ++runs[i][path]; });
  latents_of(call);
  for (const auto& net : controlled_model().controlnets) net->set_tap(nullptr);
  return runs;
}

TEST(Control, StepsOutsideTheWindowAreNotRun) {
  control late = sample_control(), early = sample_control(1);
  late.start = 0.3;  // of steps 0/3, 1/3, 2/3 the first is outside
  early.end = 0.5;   // 1/3 is inside, 2/3 and 3/3 are not
  const auto runs = runs_in(call_with({late, early}));
  EXPECT_EQ(runs[0].at("conv_in"), 2);
  EXPECT_EQ(runs[1].at("conv_in"), 1);
}

TEST(Control, MemoryPoliciesLeaveAControlledClipAsItIs) {
  control plain_net = sample_control(), guess = sample_control(1);
  plain_net.end = 0.7;
  guess.guess_mode = true;
  for (const auto& controls : {std::vector{plain_net}, std::vector{guess}, std::vector{plain_net, guess}}) {
    text_to_video_call call = call_with(controls);
    call.guidance_scale = 4;
    const at::Tensor plain = latents_of(call);
    call.memory = frugal_policy();
    call.memory.smallest = 0;
    EXPECT_TRUE(at::equal(latents_of(call), plain));
  }
}

TEST(Control, ThePictureIsEmbeddedOnceAClip) {
  const auto runs = runs_in(call_with({sample_control()}));
  EXPECT_EQ(runs[0].at("conv_in"), 3);
  EXPECT_EQ(runs[0].at("controlnet_cond_embedding"), 1);
}

TEST(Control, ANetThatIsNeverRunChangesNothingAndIsNotEvenAskedForThePicture) {
  const at::Tensor free = latents_of(call_with({}));
  control between = sample_control(), mute = sample_control(1);
  between.start = between.end = 0.5;
  mute.scale = 0;
  std::vector<std::string> warnings;
  text_to_video_call call = call_with({between, mute});
  call.warn = [&](const std::string& message) { warnings.push_back(message); };
  for (const auto& run : runs_in(call)) EXPECT_TRUE(run.empty());
  warnings.clear();
  EXPECT_TRUE(latents_of(call).equal(free));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0], "control 0 from 0.5 to 0.5 holds none of the 3 steps; it changes nothing");
}

TEST(Control, ChangesTheClipMoreTheStrongerItIs) {
  const at::Tensor free = latents_of(call_with({}));
  control weak = sample_control(), strong = sample_control();
  weak.scale = 0.01;
  const double little = largest_difference(latents_of(call_with({weak})), free),
               much = largest_difference(latents_of(call_with({strong})), free);
  EXPECT_GT(little, 1e-5);
  EXPECT_GT(much, 10 * little);
}

TEST(Control, ResidualsOfSeveralNetsAreSummed) {
  control first = sample_control(0), second = sample_control(1), both = sample_control(0);
  first.scale = 0.3;
  second.scale = 0.4;
  both.scale = 0.7;  // the two nets are the same
  EXPECT_LT(largest_difference(latents_of(call_with({first, second})), latents_of(call_with({both}))), 1e-3);
  second.frames = 1 - second.frames;
  EXPECT_GT(largest_difference(latents_of(call_with({first, second})), latents_of(call_with({both}))), 1e-2);
}

TEST(Control, InGuessModeTheNegativeHalfIsNotControlled) {
  const auto first_outputs = [](const std::vector<control>& controls) {
    at::Tensor output;
    std::vector<int64_t> rows;
    text_to_video_call call = call_with(controls);
    call.on_step = [&](const step_report& step) {
      if (step.index == 0) output = step.unet_output.clone();
      for (const control_report& report : step.controls) rows.push_back(report.mid.size(0));
      return true;
    };
    latents_of(call);
    return std::pair(output.chunk(2), rows);
  };
  control guess = sample_control();
  guess.guess_mode = true;
  const auto [free, none] = first_outputs({});
  const auto [guessed, rows] = first_outputs({guess});
  const auto [plain, all_rows] = first_outputs({sample_control()});
  EXPECT_EQ(rows, (std::vector<int64_t>{1, 1, 1}));
  EXPECT_EQ(all_rows, (std::vector<int64_t>{2, 2, 2}));
  EXPECT_EQ(largest_difference(guessed[0], free[0]), 0);
  EXPECT_GT(largest_difference(guessed[1], free[1]), 1e-4);
  EXPECT_GT(largest_difference(plain[0], free[0]), 1e-4);
}

TEST(Control, WithoutGuidanceGuessModeRunsAllRows) {
  control guess = sample_control();
  guess.guess_mode = true;
  text_to_video_call call = call_with({guess});
  call.guidance_scale = 1;
  int64_t rows = 0;
  call.on_step = [&](const step_report& step) { return rows = step.controls.at(0).mid.size(0), true; };
  latents_of(call);
  EXPECT_EQ(rows, 1);
}

TEST(Control, ReportsWhatEachNetDid) {
  control late = sample_control();
  late.start = 0.5;
  late.scale = 0.7;
  std::vector<double> scales;
  text_to_video_call call = call_with({late});
  call.on_step = [&](const step_report& step) {
    scales.push_back(step.controls.at(0).scale);
    EXPECT_EQ(step.controls[0].mid.defined(), step.index == 2);
    return true;
  };
  latents_of(call);
  EXPECT_EQ(scales, (std::vector<double>{0, 0, 0.7}));
}

TEST(Control, AllClipsOfABatchSeeTheSamePicture) {
  text_to_video_call call = call_with({sample_control()});
  const at::Tensor alone = latents_of(call);
  call.prompts.push_back("a cat");
  EXPECT_LT(largest_difference(latents_of(call).slice(0, 0, 1), alone), 1e-3);
}

void expect_refused(const std::string& text, const std::function<void(control&)>& change) {
  control one = sample_control();
  change(one);
  ZT_EXPECT_ERROR(usage, text, checked_call(controlled_model(), call_with({sample_control(), one})));
}

TEST(ControlChecks, NameWhatIsWrongBeforeAnythingRuns) {
  expect_refused("control 1: the control clip has 2 frames, 3 are asked",
                 [](control& c) { c.frames = c.frames.slice(0, 0, 2); });
  expect_refused("control clip is 20 x 16 pixels, 24 x 16 are asked",
                 [](control& c) { c.frames = c.frames.slice(3, 0, 20); });
  expect_refused("the control clip is [3, 1, 16, 24], wanted [frames, 3, height, width]",
                 [](control& c) { c.frames = c.frames.slice(1, 0, 1); });
  expect_refused("outside [0, 1]", [](control& c) { c.frames = c.frames * 255; });
  expect_refused("or that are no numbers",
                 [](control& c) { c.frames = c.frames * std::numeric_limits<double>::quiet_NaN(); });
  expect_refused("not floating point", [](control& c) { c.frames = c.frames.to(at::kByte); });
  expect_refused("the control clip is not given", [](control& c) { c.frames = at::Tensor(); });
  expect_refused("start 0.6 and end 0.5: wanted 0 <= start <= end <= 1",
                 [](control& c) { c.start = 0.6, c.end = 0.5; });
  expect_refused("start -0.1", [](control& c) { c.start = -0.1; });
  expect_refused("end 1.1", [](control& c) { c.end = 1.1; });
  expect_refused("end nan", [](control& c) { c.end = std::numeric_limits<double>::quiet_NaN(); });
  expect_refused("scale is not a finite number",
                 [](control& c) { c.scale = std::numeric_limits<double>::infinity(); });
  expect_refused("net 2 is asked, the model was loaded with 2 ControlNets", [](control& c) { c.net = 2; });
}

}  // namespace
}  // namespace zoetrope
