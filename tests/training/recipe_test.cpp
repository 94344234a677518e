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
  try {
    run_recipe(config(recipe), run);
  } catch (const error& failure) {
    return failure.what();
  }
  ADD_FAILURE() << "no error";
  return "";
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
  const auto weights = [](const std::filesystem::path& model) {
    return bytes_of(model / "unet" / "diffusion_pytorch_model.safetensors");
  };
  EXPECT_EQ(weights(run_recipe(config(small_recipe()), {.folder = one.path()})),
            weights(run_recipe(config(small_recipe()), {.folder = two.path()})));
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
  json held_out = recipe["stages"][0]["data"];
  held_out["seed"] = 7;
  recipe["stages"][0].update({{"validation", held_out}, {"require", {{"psnr", 60.0}}}});
  const std::string told = failure_of(recipe, {.folder = folder.path()});
  EXPECT_NE(told.find("psnr"), std::string::npos) << told;
  EXPECT_FALSE(std::filesystem::exists(folder / "vae" / "model"));
}

}  // namespace
}  // namespace zoetrope
