// The layers of settings, and what is refused in them.
#include "pipelines/generation_settings.hpp"

#include "core/json_text.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

config layer(const char* text) { return config(parse_json(text, "layer"), "layer"); }

TEST(GenerationSettings, DefaultsAreThoseOfHotshotsInferenceScript) {
  const generation_settings settings;
  EXPECT_EQ(settings.steps, 30);
  EXPECT_EQ(settings.seed, 455u);
  EXPECT_EQ(settings.width, 672);
  EXPECT_EQ(settings.height, 384);
  EXPECT_EQ(settings.og_width, 1920);
  EXPECT_EQ(settings.og_height, 1080);
  EXPECT_EQ(settings.target_width, 512);
  EXPECT_EQ(settings.target_height, 512);
  EXPECT_EQ(settings.negative_prompt, "blurry");
  EXPECT_EQ(settings.scheduler, "EulerAncestralDiscreteScheduler");
  EXPECT_EQ(settings.guidance_scale, 5.0);
}

TEST(GenerationSettings, NamesOfDiffusersPipelinesAreUnderstood) {
  generation_settings settings;
  apply(settings, layer(R"({"num_inference_steps": 12, "original_size": [640, 480], "target_size": [320, 240],
                            "crops_coords_top_left": [3, 4]})"));
  EXPECT_EQ(settings.steps, 12);
  EXPECT_EQ(settings.og_width, 640);
  EXPECT_EQ(settings.og_height, 480);
  EXPECT_EQ(settings.target_width, 320);
  EXPECT_EQ(settings.target_height, 240);
  EXPECT_EQ(settings.crops, (std::vector<int64_t>{3, 4}));
}

TEST(GenerationSettings, TheSameSettingUnderTwoNamesIsRefused) {
  generation_settings settings;
  EXPECT_TRUE(
      mentions(failure_of([&] { apply(settings, layer(R"({"steps": 1, "num_inference_steps": 2})")); }),
               "num_inference_steps"));
}

TEST(GenerationSettings, NullLeavesWhatIsThere) {
  generation_settings settings;
  apply(settings, layer(R"({"negative_prompt": null, "denoising_end": null})"));
  EXPECT_EQ(settings.negative_prompt, "blurry");
  EXPECT_FALSE(settings.denoising_end);
}

TEST(GenerationSettings, OnePromptOrSeveral) {
  generation_settings settings;
  apply(settings, layer(R"({"prompt": "one"})"));
  EXPECT_EQ(settings.prompt, std::vector<std::string>{"one"});
  apply(settings, layer(R"({"prompt": ["one", "two"]})"));
  EXPECT_EQ(settings.prompt.size(), 2u);
}

TEST(GenerationSettings, AWrongTypeNamesKeyGotAndWanted) {
  generation_settings settings;
  const std::string message = failure_of([&] { apply(settings, layer(R"({"steps": "many"})")); });
  EXPECT_TRUE(mentions(message, "bad_input"));
  EXPECT_TRUE(mentions(message, "$.steps"));
  EXPECT_TRUE(mentions(message, "many"));
}

TEST(GenerationSettings, AModelWithSettingsOfItsOwnKeepsItsScheduler) {
  generation_settings settings;
  apply_model_defaults(settings, layer(R"({"_class_name": "x", "num_inference_steps": 4})"));
  EXPECT_EQ(settings.scheduler, "default");
  EXPECT_EQ(settings.steps, 4);
  generation_settings without;
  apply_model_defaults(without, config());
  EXPECT_EQ(without.scheduler, "EulerAncestralDiscreteScheduler");
}

// A model from the net must not open files of the user's, nor choose where it runs.
TEST(GenerationSettings, AModelChoosesNoFilesAndNoDevice) {
  std::vector<std::string> refused{"device", "threads", "unet", "variant", "control_type", "vram"};
  const generation_settings defaults;
  for_each_setting(defaults, [&](const setting& which, const auto&) {
    const std::string unit = which.unit;
    if (unit == "DIR" || unit == "FILE" || unit == "PATH") refused.push_back(which.key);
  });
  EXPECT_GE(refused.size(), 6u + 15u);
  for (const std::string& key : refused) {
    generation_settings settings;
    const config one(json{{key, "x"}}, "generation_config.json");
    EXPECT_TRUE(mentions(failure_of([&] { apply_model_defaults(settings, one); }),
                         "'" + key + "' is not for a model to choose"));
  }
}

TEST(GenerationSettings, WhatIsPrintedReadsBackAsTheSame) {
  generation_settings settings;
  apply(settings, layer(R"({"steps": 3, "sigmas": [2.5, 0.5], "denoising_end": 0.75, "prompt": ["a", "b"],
                            "scheduler_config": {"beta_end": 0.01}})"));
  generation_settings again;
  apply(again, config(to_json(settings)));
  EXPECT_EQ(to_json(again), to_json(settings));
  EXPECT_EQ(config_hash(again), config_hash(settings));
}

TEST(GenerationSettings, TheHashIsOfTheSettingsAndNotOfTheOutputsName) {
  generation_settings settings, elsewhere, other;
  elsewhere.output = "elsewhere.gif";
  other.seed = 456;
  json without_output = to_json(settings);
  without_output.erase("output");
  EXPECT_EQ(config_hash(settings), config_hash(without_output));
  EXPECT_EQ(config_hash(settings), config_hash(elsewhere));
  EXPECT_NE(config_hash(settings), config_hash(other));
}

}  // namespace
}  // namespace zoetrope
