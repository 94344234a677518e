// What a recipe tells before its first step (recipe.hpp).
#include <gtest/gtest.h>

#include "tests/training/small_recipes.hpp"

namespace zoetrope {
namespace {

// "… (measured are residual, psnr)"
std::vector<std::string> names_of(const std::string& told) {
  const std::string mark = "measured are ";
  std::istringstream list(told.substr(told.rfind(mark) + mark.size()));
  std::vector<std::string> names;
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

TEST(RecipeRehearsal, TellsWhatItBeginsWithOnADryRunToo) {
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

TEST(RecipeRehearsal, TellsWhereAnUnknownNameStands) {
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
TEST(RecipeRehearsal, TellsOfAnUnknownKeyFirst) {
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

TEST(RecipeRehearsal, TellsWhatIsWrongWithALaterStageFirst) {
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
TEST(RecipeRehearsal, KnowsWhatWillBeMeasuredBeforeTheFirstStageBegins) {
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

}  // namespace
}  // namespace zoetrope
