#include "training/recipe.hpp"

#include <gtest/gtest.h>

#include "core/io/model_directory.hpp"
#include "pipelines/pipeline_model.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// Everything that a model needs, trained for a step or two each: vocabulary, VAE, denoiser with text
// encoders.
json small_recipe() {
  const json shapes = {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 8}, {"examples", 8}};
  const json common = {
      {"steps", 2}, {"batch_size", 2}, {"data", shapes}, {"learning_rate", {{"learning_rate", 1e-3}}}};
  json vae = common, denoiser = common;
  vae.update({{"name", "vae"}, {"task", "vae"}, {"saved_precision", "f32"}});
  denoiser.update({{"name", "denoiser"}, {"train", {"unet.*", "text_encoder*"}}});
  return {{"device", "cpu"},
          {"model", {{"preset", "tiny"}, {"vocabulary", {{"merges", 20}, {"texts", 8}, {"data", shapes}}}}},
          {"stages", {vae, denoiser}}};
}

// A positional table is scaled, too, though it is not trained.
TEST(Recipe, ScalesFreshWeightsByName) {
  const std::string name =
      "down_blocks.0.temporal_attentions.0.transformer_blocks.0.attention_blocks.0.pos_encoder."
      "positional_encoding";
  const auto greatest = [&](double factor) {
    const temporary_folder folder;
    json recipe = small_recipe();
    recipe["model"]["initial_scale"] = {{"unet.*.positional_encoding", factor}};
    recipe["stages"].erase(1);
    const auto model = run_recipe(config(recipe), {.folder = folder.path()});
    const auto weights = load_text_to_video_model(model_directory::open(model.string()));
    for (const parameter_slot& slot : weights.unet->slots())
      if (slot.name == name) return slot.tensor->abs().max().item<double>();
    return 0.0;
  };
  EXPECT_NEAR(greatest(2.5), 2.5 * greatest(1), 1e-3);
  EXPECT_GT(greatest(1), 0.9);
}

std::string failure_of(const json& recipe, const recipe_run& run) {
  return zoetrope::failure_of([&] { run_recipe(config(recipe, "small.json"), run); });
}

// The box's temporal layers, a step or two.
json fine_tuning(const json& changes = json::object()) {
  json recipe = {
      {"device", "cpu"},
      {"model", {{"pretrained", ZOETROPE_SOURCE_DIR "/assets/tiny"}}},
      {"data", {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 4}, {"examples", 8}}},
      {"saved_precision", "f32"},
      {"steps", 2},
      {"batch_size", 2},
      {"learning_rate", {{"learning_rate", 1e-3}}}};
  recipe.merge_patch(changes);
  return recipe;
}

std::string unet_of(const std::filesystem::path& model) {
  return bytes_of(model / "unet" / "diffusion_pytorch_model.safetensors");
}

std::string trained(const json& recipe, const std::filesystem::path& folder,
                    resume_mode resume = resume_mode::none) {
  return unet_of(run_recipe(config(recipe), {.folder = folder, .resume = resume}));
}

TEST(Recipe, MakesAModelFromNothingInStages) {
  const temporary_folder folder;
  const auto model = run_recipe(config(small_recipe()), {.folder = folder.path()});
  EXPECT_EQ(model, folder / "denoiser" / "model");
  EXPECT_NO_THROW(load_text_to_video_model(model_directory::open(model.string())));
}

TEST(Recipe, DoesNotRepeatStagesThatAreDone) {
  const temporary_folder folder;
  run_recipe(config(small_recipe()), {.folder = folder.path()});
  const std::string before =
      bytes_of(folder / "vae" / "model" / "vae" / "diffusion_pytorch_model.safetensors");
  std::filesystem::remove_all(folder / "denoiser");
  int64_t steps = 0;
  EXPECT_NE(failure_of(small_recipe(), {.folder = folder.path()}).find("--resume"), std::string::npos);
  recipe_run run{.folder = folder.path(), .resume = resume_mode::automatic};
  run.on_step = [&](const std::string& stage, const training_progress&) {
    steps += stage == "denoiser" ? 1 : 100;
  };
  run_recipe(config(small_recipe()), run);
  EXPECT_EQ(steps, 2);
  EXPECT_EQ(bytes_of(folder / "vae" / "model" / "vae" / "diffusion_pytorch_model.safetensors"), before);
}

TEST(Recipe, IsTheSameToTheBitWhenRunAgain) {
  const temporary_folder one, two;
  EXPECT_EQ(trained(small_recipe(), one.path()), trained(small_recipe(), two.path()));
}

TEST(Recipe, AFinishedRunGoesOnWhereMoreStepsAreAsked) {
  const temporary_folder folder, whole;
  trained(fine_tuning(), folder.path());
  EXPECT_EQ(trained(fine_tuning({{"steps", 4}}), folder.path(), resume_mode::automatic),
            trained(fine_tuning({{"steps", 4}}), whole.path()));
  EXPECT_TRUE(mentions(
      failure_of(fine_tuning({{"steps", 3}}), {.folder = folder.path(), .resume = resume_mode::latest}),
      "model: was trained for 4 steps, more than the 3 that are asked"));
  // Without its checkpoints it does not begin anew.
  std::filesystem::remove_all(folder / "checkpoints");
  EXPECT_TRUE(mentions(
      failure_of(fine_tuning({{"steps", 5}}), {.folder = folder.path(), .resume = resume_mode::automatic}),
      "there is no checkpoint to go on from"));
  EXPECT_TRUE(std::filesystem::exists(folder / "model"));
}

TEST(Recipe, AStageDoesNotGoOnUnderAnotherThatBeganWithIt) {
  const temporary_folder folder;
  run_recipe(config(small_recipe()), {.folder = folder.path()});
  json more = small_recipe();
  more["stages"][0]["steps"] = 3;
  EXPECT_TRUE(mentions(failure_of(more, {.folder = folder.path(), .resume = resume_mode::automatic}),
                       "denoiser: begins with what vae leaves, which is not done"));
}

TEST(Recipe, GoesOnWithTheSameConfigAloneAndNamesWhatDiffers) {
  const temporary_folder folder;
  trained(fine_tuning(), folder.path());
  const recipe_run again{.folder = folder.path(), .resume = resume_mode::latest};
  EXPECT_TRUE(mentions(failure_of(fine_tuning({{"batch_size", 4}}), again),
                       "model: was trained with batch_size 2, now it is 4"));
  std::filesystem::remove_all(folder / "model");
  EXPECT_TRUE(mentions(failure_of(fine_tuning({{"data", {{"frames", 2}}}}), again),
                       "step-00000002: was trained with data.frames 4, now it is 2"));
}

TEST(Recipe, SpellingADefaultOutIsNoOtherTraining) {
  const temporary_folder folder;
  trained(fine_tuning(), folder.path());
  json spelt = config::load(folder / "config.json").value();
  spelt["steps"] = 3;
  EXPECT_NO_THROW(trained(spelt, folder.path(), resume_mode::latest));
  const json short_again = fine_tuning({{"steps", 4}, {"precision", "f32"}});
  EXPECT_NO_THROW(trained(short_again, folder.path(), resume_mode::latest));
  std::filesystem::remove_all(folder / "model");
  spelt["steps"] = 5;
  EXPECT_NO_THROW(trained(spelt, folder.path(), resume_mode::latest));
  spelt["caption_dropout"] = 0.1;
  EXPECT_TRUE(mentions(failure_of(spelt, {.folder = folder.path(), .resume = resume_mode::latest}),
                       "was trained with caption_dropout 0.0, now it is 0.1"));
}

// What same_training.hpp leaves free.
TEST(Recipe, WhatMayDifferWhereARunGoesOnChangesNoBit) {
  const temporary_folder folder;
  const std::string cache = (folder / "cache").string();
  json clips = fine_tuning()["data"];
  clips["seed"] = 9;
  const json first = {{"cache", cache}, {"workers", 2}, {"bucket_megabytes", 1}};
  const json second = {{"cache", cache},  // filled
                       {"validation", clips},
                       {"evaluate_every", 1},
                       {"evaluate_at_start", true},
                       {"evaluation", {{"samples", 1}, {"steps", 2}, {"gap_clips", 1}}}};
  const std::string wanted = trained(fine_tuning(), folder / "plain");
  EXPECT_TRUE(trained(fine_tuning(first), folder / "first") == wanted);
  EXPECT_TRUE(trained(fine_tuning(second), folder / "second") == wanted);
  json more = fine_tuning(second);
  more["steps"] = 3;
  EXPECT_NO_THROW(trained(more, folder / "first", resume_mode::latest));
}

TEST(Recipe, TwoRunsDoNotShareAFolder) {
  const temporary_folder folder;
  std::string told;
  recipe_run run{.folder = folder / "run"};
  run.on_step = [&](const std::string&, const training_progress&) {
    told = failure_of(fine_tuning(), {.folder = folder / "run", .resume = resume_mode::automatic});
  };
  run_recipe(config(fine_tuning()), run);
  EXPECT_EQ(told, "runtime: " + (folder / "run").string() + ": another run is writing there");
}

TEST(Recipe, LeavesAConfigThatRunsItAgain) {
  const temporary_folder folder;
  run_recipe(config(small_recipe()), {.folder = folder.path()});
  for (const char* stage : {"vae", "denoiser"}) {
    const config left = config::load(folder / stage / "config.json");
    EXPECT_EQ(left.described().at("max_grad_norm"), 1.0);  // a default
    const auto again = run_recipe(left, {.folder = folder / "again" / stage});
    for (const char* part : {"unet", "vae"})
      EXPECT_TRUE(bytes_of(again / part / "diffusion_pytorch_model.safetensors") ==
                  bytes_of(folder / stage / "model" / part / "diffusion_pytorch_model.safetensors"))
          << stage << " " << part;
    EXPECT_EQ(bytes_of(folder / "again" / stage / "config.json"), bytes_of(folder / stage / "config.json"));
  }
}

TEST(Recipe, TellsWhatItBeginsWithOnADryRunToo) {
  const temporary_folder folder;
  std::string dry, told;
  recipe_run run{.folder = folder.path(), .dry = true};
  run.note = [&](const std::string& text) { dry += text + "\n"; };
  run_recipe(config(fine_tuning()), run);
  run.dry = false;
  run.note = [&](const std::string& text) { told += text + "\n"; };
  run_recipe(config(fine_tuning()), run);
  EXPECT_TRUE(mentions(dry, "data: 8 examples of 4 frames of 32 x 32\n"));
  EXPECT_TRUE(mentions(dry, R"( tensors (train: ["unet.*temporal*"]), 2 steps of 2 clips, on cpu in f32)"));
  EXPECT_EQ(told.substr(0, dry.size()), dry);
  std::string events;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    if (entry.path().filename().string().starts_with("events.")) events += bytes_of(entry.path());
  EXPECT_NE(events.find("\"max_grad_norm\": 1.0"), std::string::npos);
  EXPECT_NE(events.find("data: 8 examples"), std::string::npos);
}

TEST(Recipe, TellsWhereAnUnknownNameStands) {
  const recipe_run dry{.dry = true};
  EXPECT_TRUE(mentions(failure_of(fine_tuning({{"task", "difusion"}}), dry),
                       "small.json: $.task: unknown training task"));
  EXPECT_TRUE(mentions(failure_of(fine_tuning({{"data", {{"type", "shape"}}}}), dry),
                       "small.json: $.data: unknown dataset"));
  json preset = small_recipe();
  preset["model"]["preset"] = "tny";
  EXPECT_TRUE(mentions(failure_of(preset, dry), "small.json: $.model.preset: unknown "));
  EXPECT_TRUE(mentions(failure_of(fine_tuning({{"stpes", 3}}), dry), "$.stpes (did you mean 'steps'?)"));
  json vae = fine_tuning({{"task", "vae"}, {"lora", json::object()}});
  EXPECT_TRUE(mentions(failure_of(vae, dry), "nothing reads $.lora"));
  EXPECT_FALSE(mentions(failure_of(vae, dry), "did you mean"));
}

TEST(Recipe, TellsWhatIsWrongWithALaterStageFirst) {
  const temporary_folder folder;
  json wrong = small_recipe();
  wrong["stages"][1]["optmizer"] = {{"type", "adamw"}};
  EXPECT_NE(failure_of(wrong, {.folder = folder.path()}).find("$.stages.1.optmizer"), std::string::npos);
  wrong = small_recipe();
  wrong["stages"][1]["train"] = {"unet.tempral*"};
  EXPECT_NE(failure_of(wrong, {.folder = folder.path()}).find("tempral"), std::string::npos);
  wrong = small_recipe();
  wrong["stages"][1]["name"] = "vae";
  EXPECT_NE(failure_of(wrong, {.folder = folder.path()}).find("name"), std::string::npos);
  wrong = small_recipe();
  wrong["stages"][1]["vae_precision"] = "f8";
  EXPECT_NE(
      failure_of(wrong, {.folder = folder.path()}).find("$.stages.1.vae_precision: unknown precision 'f8'"),
      std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "vae"));
}

TEST(Recipe, AStageThatDoesNotReachWhatItMustIsAnError) {
  const temporary_folder folder;
  json recipe = small_recipe();
  recipe["stages"][0]["require"] = {{"psnr", 60.0}};
  EXPECT_TRUE(mentions(failure_of(recipe, {.folder = folder.path()}),
                       "$.stages.0.require: is measured on validation clips; give validation"));
  json held_out = recipe["stages"][0]["data"];
  held_out["seed"] = 7;
  recipe["stages"][0]["validation"] = held_out;
  const std::string told = failure_of(recipe, {.folder = folder.path()});
  EXPECT_TRUE(mentions(told, "runtime: vae: training: ends with psnr at "));
  EXPECT_TRUE(mentions(told, (folder / "vae" / "checkpoints" / "step-00000002").string()));
  EXPECT_FALSE(std::filesystem::exists(folder / "vae" / "model"));
}

}  // namespace
}  // namespace zoetrope
