// Recipes of a step or two a stage, what they leave and how they fail.
#pragma once

#include "tests/core/temporary_folder.hpp"
#include "training/recipe.hpp"

namespace zoetrope {

// Everything that a model needs, trained for a step or two each: vocabulary, VAE, denoiser with text
// encoders.
inline json small_recipe() {
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

// The box's temporal layers, a step or two.
inline json fine_tuning(const json& changes = json::object()) {
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

inline std::string failure_of(const json& recipe, const recipe_run& run) {
  return zoetrope::failure_of([&] { run_recipe(config(recipe, "small.json"), run); });
}

// The bytes of the UNet that it leaves.
inline std::string trained(const json& recipe, const std::filesystem::path& folder,
                           resume_mode resume = resume_mode::none) {
  const auto model = run_recipe(config(recipe), {.folder = folder, .resume = resume});
  return bytes_of(model / "unet" / "diffusion_pytorch_model.safetensors");
}

}  // namespace zoetrope
