// What a recipe does with what an earlier run of it left (recipe.hpp).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/training/small_recipes.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {
namespace {

TEST(RecipeResume, DoesNotRepeatStagesThatAreDone) {
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
TEST(RecipeResume, LatestGoesOnOverTheStagesBoundaries) {
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
TEST(RecipeResume, EndsAtASignalAtAnyTimeAndGoesOnToTheSameBits) {
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

TEST(RecipeResume, AFinishedRunGoesOnWhereMoreStepsAreAsked) {
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

TEST(RecipeResume, TellsOfItsDataOnceAfterWhatTheEarlierRunLeft) {
  const temporary_folder folder;
  const auto notes_of = [&](int64_t steps) {
    std::vector<std::string> notes;
    recipe_run run{.folder = folder.path(), .resume = resume_mode::automatic};
    run.note = [&](const std::string& text) { notes.push_back(text); };
    run_recipe(config(fine_tuning({{"steps", steps}})), run);
    return notes;
  };
  const std::string data = "data: 8 examples of 4 frames of 32 x 32", result = (folder / "model").string();
  EXPECT_EQ(notes_of(2).front(), data);
  const std::vector<std::string> more = notes_of(3);
  ASSERT_GT(more.size(), 2u);
  EXPECT_EQ(more[0], result + ": goes on to step 3");
  EXPECT_EQ(more[1], data);
  EXPECT_EQ(std::count(more.begin(), more.end(), data), 1);
  EXPECT_EQ(notes_of(3), std::vector<std::string>{result + ": is done"});
}

// As a kill between the two leaves it.
TEST(RecipeResume, AResultWithoutItsStageFileIsMadeAgainFromTheLastCheckpoint) {
  const temporary_folder folder;
  const std::string wanted = trained(fine_tuning(), folder.path());
  std::filesystem::remove(folder / "stage.json");
  folder.put("model/unet/diffusion_pytorch_model.safetensors", "old");
  EXPECT_TRUE(mentions(failure_of(fine_tuning(), {.folder = folder.path()}), "--resume auto goes on"));
  EXPECT_EQ(trained(fine_tuning(), folder.path(), resume_mode::automatic), wanted);
  EXPECT_TRUE(std::filesystem::exists(folder / "stage.json"));
}

TEST(RecipeResume, AModelThatNoTrainingLeftIsToldToBeMovedAway) {
  for (const resume_mode mode : {resume_mode::none, resume_mode::latest, resume_mode::automatic}) {
    const temporary_folder folder;
    folder.put("model/model_index.json", "{}");
    const std::string told = failure_of(fine_tuning(), {.folder = folder.path(), .resume = mode});
    EXPECT_TRUE(mentions(told, "usage: " + (folder / "model").string() + ": is no training's"));
    EXPECT_TRUE(mentions(told, "move it away"));
  }
}

TEST(RecipeResume, AStageDoesNotGoOnUnderAnotherThatBeganWithIt) {
  const temporary_folder folder;
  run_recipe(config(small_recipe()), {.folder = folder.path()});
  json more = small_recipe();
  more["stages"][0]["steps"] = 3;
  EXPECT_TRUE(mentions(failure_of(more, {.folder = folder.path(), .resume = resume_mode::automatic}),
                       "denoiser: begins with what vae leaves, which is not done"));
}

TEST(RecipeResume, GoesOnWithTheSameConfigAloneAndNamesWhatDiffers) {
  const temporary_folder folder;
  trained(fine_tuning(), folder.path());
  const recipe_run again{.folder = folder.path(), .resume = resume_mode::latest};
  EXPECT_TRUE(mentions(failure_of(fine_tuning({{"batch_size", 4}}), again),
                       "model: was trained with batch_size 2, now it is 4"));
  std::filesystem::remove_all(folder / "model");
  EXPECT_TRUE(mentions(failure_of(fine_tuning({{"data", {{"frames", 2}}}}), again),
                       "step-00000002: was trained with data.frames 4, now it is 2"));
}

TEST(RecipeResume, SpellingADefaultOutIsNoOtherTraining) {
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
TEST(RecipeResume, WhatMayDifferWhereARunGoesOnChangesNoBit) {
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

}  // namespace
}  // namespace zoetrope
