#include "training/recipe.hpp"

#include <gtest/gtest.h>

#include "core/io/model_directory.hpp"
#include "pipelines/pipeline_model.hpp"
#include "tests/core/temporary_folder.hpp"
#include "training/stop_request.hpp"

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

// "… (measured are residual, psnr)"
std::vector<std::string> names_of(const std::string& told) {
  const std::string mark = "measured are ";
  std::istringstream list(told.substr(told.rfind(mark) + mark.size()));
  std::vector<std::string> names;
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
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

// Three stages with the second stopped before a checkpoint, then in its middle, then done: `latest` goes over
// each boundary, and ends with the bits of an uninterrupted run.
TEST(Recipe, LatestGoesOnOverTheStagesBoundaries) {
  const temporary_folder folder, whole;
  json recipe = small_recipe();
  recipe["stages"].push_back(recipe["stages"][1]);
  recipe["stages"][2]["name"] = "more";
  recipe["stages"][1]["checkpoint_every"] = 1;
  const std::string wanted = trained(recipe, whole.path());
  const auto stop_at = [&](const std::string& name, int64_t step, resume_mode resume) {
    recipe_run run{.folder = folder.path(), .resume = resume};
    run.on_stage = [&](const std::string& stage) {
      if (stage == name && step == 0) throw std::runtime_error("killed");
    };
    run.on_step = [&](const std::string& stage, const training_progress& at) {
      if (stage == name && at.step == step) throw std::runtime_error("killed");
    };
    EXPECT_THROW(run_recipe(config(recipe), run), std::runtime_error) << name << step;
  };
  EXPECT_TRUE(mentions(failure_of(recipe, {.folder = folder.path(), .resume = resume_mode::latest}),
                       "vae: " + (folder / "vae/checkpoints").string() + ": there is no checkpoint"));
  stop_at("denoiser", 0, resume_mode::none);
  stop_at("denoiser", 2, resume_mode::latest);
  EXPECT_TRUE(std::filesystem::exists(folder / "denoiser/checkpoints/step-00000001"));
  stop_at("more", 0, resume_mode::latest);
  EXPECT_EQ(trained(recipe, folder.path(), resume_mode::latest), wanted);
}

// Wherever the signal comes: while stages are rehearsed, in a stage's last step, in a step, in a look.
TEST(Recipe, EndsAtASignalAtAnyTimeAndGoesOnToTheSameBits) {
  const temporary_folder folder, whole;
  json recipe = small_recipe();
  recipe["stages"][1]["validation"] = recipe["stages"][1]["data"];
  recipe["stages"][1]["evaluation"] = {{"samples", 1}, {"steps", 4}, {"gap_clips", 1}};
  const std::string wanted = trained(recipe, whole.path());
  const auto ends = [&](recipe_run run, const std::string& how) {
    EXPECT_EQ(failure_of(recipe, run), "interrupted: " + how);
  };
  recipe_run run{.folder = folder.path(), .resume = resume_mode::automatic};
  const std::string nothing = " before the first step; --resume auto goes on with what is not done";
  {
    const stop_request outer;
    raise(SIGUSR1);  // nothing to save yet: the run goes on
    raise(SIGTERM);
    ends(run, "vae: training: stopped by signal 15" + nothing);
    EXPECT_FALSE(std::filesystem::exists(folder / "vae"));
  }
  run.on_step = [](const std::string& stage, const training_progress& at) {
    if (stage == "vae" && at.step == 2) raise(SIGTERM);
  };
  ends(run, "denoiser: training: stopped by signal 15" + nothing);
  EXPECT_TRUE(std::filesystem::exists(folder / "vae/stage.json"));
  run.on_step = [](const std::string& stage, const training_progress& at) {
    ASSERT_EQ(stage, "denoiser");
    if (at.step == 1) raise(SIGINT);
  };
  ends(run, "denoiser: training: stopped by signal 2 after step 1; its checkpoint is saved");
  run.on_step = [](const std::string&, const training_progress& at) {
    if (at.step == 2) raise(SIGTERM);  // the look after it is cut short
  };
  ends(run, "denoiser: training: stopped by signal 15 after step 2; its checkpoint is saved");
  EXPECT_EQ(trained(recipe, folder.path(), resume_mode::latest), wanted);
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

// As a kill between the two leaves it.
TEST(Recipe, AResultWithoutItsStageFileIsMadeAgainFromTheLastCheckpoint) {
  const temporary_folder folder;
  const std::string wanted = trained(fine_tuning(), folder.path());
  std::filesystem::remove(folder / "stage.json");
  folder.put("model/unet/diffusion_pytorch_model.safetensors", "old");
  EXPECT_TRUE(mentions(failure_of(fine_tuning(), {.folder = folder.path()}), "--resume auto goes on"));
  EXPECT_EQ(trained(fine_tuning(), folder.path(), resume_mode::automatic), wanted);
  EXPECT_TRUE(std::filesystem::exists(folder / "stage.json"));
}

TEST(Recipe, AModelThatNoTrainingLeftIsToldToBeMovedAway) {
  for (const resume_mode mode : {resume_mode::none, resume_mode::latest, resume_mode::automatic}) {
    const temporary_folder folder;
    folder.put("model/model_index.json", "{}");
    const std::string told = failure_of(fine_tuning(), {.folder = folder.path(), .resume = mode});
    EXPECT_TRUE(mentions(told, "usage: " + (folder / "model").string() + ": is no training's"));
    EXPECT_TRUE(mentions(told, "move it away"));
  }
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

// Before the data is looked at, which is missing here.
TEST(Recipe, TellsOfAnUnknownKeyFirst) {
  const recipe_run dry{.dry = true};
  const json lost = {{"type", "clips"}, {"folder", "/nowhere/at/all"}};
  for (const char* task : {"diffusion", "vae"}) {
    const json changes = {{"task", task}, {"setps", 3}, {"data", nullptr}};
    json recipe = fine_tuning(changes);
    recipe["data"] = lost;
    EXPECT_EQ(failure_of(recipe, dry),
              "bad_input: small.json: nothing reads $.setps (did you mean 'steps'?)");
  }
  json aimed = fine_tuning({{"data", nullptr}, {"objective", {{"predction", "sample"}}}});
  aimed["data"] = lost;
  EXPECT_EQ(failure_of(aimed, dry),
            "bad_input: small.json: nothing reads $.objective.predction (did you mean 'prediction'?)");
  aimed["objective"] = {{"snr_gamma", -1}};
  EXPECT_TRUE(mentions(failure_of(aimed, dry), "snr_gamma"));
  json staged = small_recipe();
  staged["stages"][1]["data"] = lost;
  staged["stages"][1]["optimizer"] = {{"type", "adamw"}, {"beta3", 0.5}};
  staged["stages"][1]["trian"] = {"unet.*"};
  EXPECT_TRUE(mentions(failure_of(staged, dry), "$.stages.1.trian (did you mean 'train'?)"));
  staged["devise"] = "cpu";
  EXPECT_EQ(failure_of(staged, dry),
            "bad_input: small.json: nothing reads $.devise (did you mean 'device'?)");
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

// Of both tasks, and exactly what a look finds.
TEST(Recipe, KnowsWhatWillBeMeasuredBeforeTheFirstStageBegins) {
  json recipe = small_recipe();
  for (json& stage : recipe["stages"]) {
    stage["validation"] = stage["data"];
    stage["evaluate_every"] = 2;
  }
  recipe["stages"][1]["evaluation"] = {{"samples", 1}, {"steps", 2}, {"gap_clips", 1}};
  for (std::size_t i : {0, 1}) {
    const temporary_folder folder;
    json wrong = recipe;
    wrong["stages"][i][i == 0 ? "require" : "until"] = {{i == 0 ? "pnsr" : "gap/moton", 0.1}};
    for (const bool dry : {true, false}) {
      const std::string told = failure_of(wrong, {.folder = folder.path(), .dry = dry});
      EXPECT_TRUE(mentions(told, i == 0 ? "$.stages.0.require: nothing measures 'pnsr'; did you mean 'psnr'?"
                                        : "$.stages.1.until: nothing measures 'gap/moton'; did you mean "
                                          "'gap/motion'?"));
      for (const char* name : {"obeys/colour", "obeys/background", "residual"})
        EXPECT_TRUE(mentions(told, name));
      EXPECT_EQ(told.find("validation/loss") != std::string::npos, i == 1);
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "vae"));
  }
  const temporary_folder folder;
  run_recipe(config(recipe), {.folder = folder.path()});
  for (const char* stage : {"vae", "denoiser"}) {
    const json found = parse_json(read_text_file(folder / stage / "stage.json"), stage).at("found");
    recipe["stages"][stage == std::string("vae") ? 0 : 1]["require"] = {{"nothing", 0}};
    const std::string told = failure_of(recipe, {.folder = folder.path(), .dry = true});
    recipe["stages"][0].erase("require");
    for (const auto& [name, value] : found.items()) EXPECT_TRUE(mentions(told, name));
    EXPECT_EQ(found.size() - found.contains("residual"), names_of(told).size() - 1) << told;
  }
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
