#include "training/recipe.hpp"

#include <gtest/gtest.h>

#include "core/io/model_directory.hpp"
#include "pipelines/pipeline_model.hpp"
#include "tests/training/small_recipes.hpp"

namespace zoetrope {
namespace {

TEST(Recipe, MakesAModelFromNothingInStages) {
  const temporary_folder folder;
  const auto model = run_recipe(config(small_recipe()), {.folder = folder.path()});
  EXPECT_EQ(model, folder / "denoiser" / "model");
  EXPECT_NO_THROW(load_text_to_video_model(model_directory::open(model.string())));
}

TEST(Recipe, IsTheSameToTheBitWhenRunAgain) {
  const temporary_folder one, two;
  EXPECT_EQ(trained(small_recipe(), one.path()), trained(small_recipe(), two.path()));
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

// What the task has to say while it is trained comes through, too.
TEST(Recipe, TellsOfACacheThatCannotBeKept) {
  const temporary_folder folder;
  for (const char high : std::string("0123456789abcdef"))
    for (const char low : std::string("0123456789abcdef"))
      folder.put(concat("cache/", high, low), "a file where a folder of it should be");
  std::string told;
  recipe_run run{.folder = folder / "run"};
  run.note = [&](const std::string& text) { told += text + "\n"; };
  run_recipe(config(fine_tuning({{"cache", (folder / "cache").string()}})), run);
  EXPECT_TRUE(mentions(told, "cache: goes on without storing more: "));
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
