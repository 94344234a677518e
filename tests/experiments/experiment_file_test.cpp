#include "experiments/experiment_file.hpp"

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

experiment_file read(const std::string& text, const std::vector<std::string>& sets = {}) {
  const temporary_folder folder;
  return read_experiment(folder.put("some.yaml", text), sets);
}

std::string failure(const std::string& text, const std::vector<std::string>& sets = {}) {
  return failure_of([&] { read(text, sets); });
}

TEST(ExperimentFile, EverythingThatCanStandThere) {
  const temporary_folder folder;
  folder.put("base.yaml", "steps: 6\n");
  folder.put("prompts.txt", "a red circle\r\n\na blue square\n");
  const experiment_file experiment = read_experiment(folder.put("e.yaml", R"(
name: all of it
base: base.yaml
axes: {unet.temporal.type: [transformer, none], steps: [1, 2]}
combine: zip
prompts: prompts.txt
seeds: [3, 4]
metrics: [temporal_flickering, {type: motion_amount}]
metric_weights: weights
reference: other.gif
repeats: 2
speed: {max_noise: 0.1, min_seconds: 1, timeout_seconds: 2, min_samples: 5}
memory: true
keep: {frames: false, latents: true, clips: gif}
same_clips: 1
)"));
  EXPECT_EQ(experiment.name, "all of it");
  EXPECT_EQ(experiment.base, (json{{"steps", 6}}));
  ASSERT_EQ(experiment.axes.size(), 2u);
  EXPECT_EQ(experiment.axes[0].path, "steps");
  EXPECT_EQ(experiment.axes[1].values, (std::vector<json>{"transformer", "none"}));
  EXPECT_TRUE(experiment.zip);
  EXPECT_EQ(experiment.prompts, (std::vector<std::string>{"a red circle", "a blue square"}));
  EXPECT_EQ(experiment.seeds, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(experiment.metrics,
            (std::vector<json>{{{"type", "temporal_flickering"}}, {{"type", "motion_amount"}}}));
  EXPECT_EQ(experiment.metric_weights, "weights");
  EXPECT_EQ(experiment.reference, "other.gif");
  EXPECT_EQ(experiment.repeats, 2);
  ASSERT_TRUE(experiment.speed);
  EXPECT_EQ(experiment.speed->max_noise, 0.1);
  EXPECT_EQ(experiment.speed->min_samples, 5);
  EXPECT_TRUE(experiment.memory);
  EXPECT_FALSE(experiment.keep.frames);
  EXPECT_TRUE(experiment.keep.latents);
  EXPECT_EQ(experiment.keep.clips, "gif");
  EXPECT_EQ(experiment.same_clips, 1);
}

TEST(ExperimentFile, OneOfANameAloneIsTheDefaultsOnce) {
  const experiment_file experiment = read("name: some");
  EXPECT_EQ(experiment.name, "some");
  EXPECT_TRUE(experiment.axes.empty());
  EXPECT_EQ(experiment.repeats, 1);
  EXPECT_FALSE(experiment.speed);
  EXPECT_TRUE(experiment.keep.frames);
}

TEST(ExperimentFile, SetsChangeItsTree) {
  const experiment_file experiment =
      read("base: {steps: 6}\nseeds: [1]\n", {"base.steps=2", "seeds=[5,6]", "name=other"});
  EXPECT_EQ(experiment.base, (json{{"steps", 2}}));
  EXPECT_EQ(experiment.seeds, (std::vector<std::uint64_t>{5, 6}));
  EXPECT_EQ(experiment.name, "other");
}

TEST(ExperimentFile, AnEmptyOneIsRefused) {
  EXPECT_TRUE(mentions(failure(""), "bad_input: "));
  EXPECT_TRUE(mentions(failure("# later\n"), "the experiment says nothing"));
}

TEST(ExperimentFile, KeysLeftBlankAreLeftOut) {
  const experiment_file experiment = read(
      "name:\nbase:\naxes:\ncombine:\nprompts:\nseeds:\nmetrics:\nmetric_weights:\nrepeats:\nspeed:\nmemory:"
      "\n"
      "keep:\nsame_clips:\n");
  EXPECT_EQ(experiment.base, json::object());
  EXPECT_TRUE(experiment.axes.empty());
  EXPECT_TRUE(experiment.metrics.empty());
  EXPECT_FALSE(experiment.speed);
  EXPECT_FALSE(experiment.same_clips);
  EXPECT_TRUE(read("metrics: []").metrics.empty());
}

// Dots separate steps of a path in --set, and belong to one key in the file.
TEST(ExperimentFile, AnAxisCanBeWrittenStepByStep) {
  const experiment_file experiment =
      read("axes: {steps: [1, 2]}", {"axes.unet.temporal.type=[transformer, none]", "axes.eta=[0.5]"});
  ASSERT_EQ(experiment.axes.size(), 3u);
  EXPECT_EQ(experiment.axes[0].path, "eta");
  EXPECT_EQ(experiment.axes[1].path, "steps");
  EXPECT_EQ(experiment.axes[2].path, "unet.temporal.type");
  EXPECT_EQ(experiment.axes[2].values, (std::vector<json>{"transformer", "none"}));
  EXPECT_TRUE(mentions(failure("axes: {unet.temporal.type: [none]}", {"axes.unet.temporal.type=[conv]"}),
                       "the axis 'unet.temporal.type' is there twice"));
  EXPECT_TRUE(mentions(failure("axes: {unet: {}}"), "$.axes.unet: an axis wants a list"));
  EXPECT_TRUE(mentions(failure("axes: {seed: {a: [1]}}"), "'seed.a' cannot be an axis"));
}

TEST(ExperimentFile, WhatCannotBeIsNamedWithItsPlace) {
  EXPECT_TRUE(mentions(failure("axis: {steps: [1]}"), "did you mean 'axes'"));
  EXPECT_TRUE(mentions(failure("axis: {steps: [1]}"), "bad_input: "));
  EXPECT_TRUE(mentions(failure("axes: {steps: []}"), "$.axes.steps"));
  EXPECT_TRUE(mentions(failure("axes: {steps: 4}"), "an axis wants a list"));
  EXPECT_TRUE(mentions(failure("axes: {seed: [1, 2]}"), "'seed' cannot be an axis"));
  EXPECT_TRUE(mentions(failure("axes: {prompt: [a, b]}"), "'prompt' cannot be an axis"));
  EXPECT_TRUE(mentions(failure("axes: {vram: [6G]}"), "name the policies"));
  EXPECT_TRUE(
      mentions(failure("axes: {steps: [1, 2], eta: [0]}\ncombine: zip"), "'eta' has 1 value and 'steps' 2"));
  EXPECT_TRUE(mentions(failure("combine: both"), "'both' is not product or zip"));
  EXPECT_TRUE(mentions(failure("prompts: []"), "$.prompts: the list is empty"));
  EXPECT_TRUE(mentions(failure("seeds: []"), "nothing to run"));
  EXPECT_TRUE(mentions(failure("seeds: [1, 1]"), "twice"));
  EXPECT_TRUE(mentions(failure("seeds: [-1]"), "-1 is not 0 or more"));
  EXPECT_TRUE(mentions(failure("prompts: none.txt"), "none.txt"));
  EXPECT_TRUE(mentions(failure("base: none.yaml"), "none.yaml"));
  EXPECT_TRUE(mentions(failure("repeats: 0"), "$.repeats"));
  EXPECT_TRUE(mentions(failure("speed: {max_noise: 0}"), "'max_noise': 0 is not above 0"));
  EXPECT_TRUE(mentions(failure("speed: {noise: 1}"), "noise"));
  EXPECT_TRUE(mentions(failure("metrics: temporal_flickering"), "wanted a list"));
  EXPECT_TRUE(mentions(failure("name: a/b"), "cannot be the name of a folder"));
  EXPECT_TRUE(mentions(failure("same_clips: 256"), "$.same_clips"));
  EXPECT_TRUE(mentions(failure("keep: {clip: gif}"), "did you mean 'clips'"));
  EXPECT_TRUE(mentions(failure("keep: {clips: avi}"), "$.keep.clips: unknown output format 'avi'"));
}

}  // namespace
}  // namespace zoetrope
