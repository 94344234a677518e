// A stage of a recipe (recipe.hpp), from its config to the model that it leaves:
//   <folder>/config.json   what is run, every default filled in; a config that runs the stage alone
//   <folder>/stage.json    once it is done: the config with every default, steps taken, device, what was found
//   <folder>/origin.json   what it begins from besides the config (training_origin.hpp)
//   <folder>/model         or lora, embedding: the result, whole
#pragma once

#include <vector>

#include "training/recipe.hpp"

namespace zoetrope {

struct model_site;

struct recipe_stage {
  std::string name;  ///< empty where the recipe has no `stages`
  config options;
  std::filesystem::path folder;
  json shared;  ///< the recipe's seed and device

  std::filesystem::path result() const;
  /// False: only what was trained of one, and no stage can follow.
  bool leaves_model() const { return result().filename() == "model"; }
};

std::vector<recipe_stage> stages_of(const config& recipe, const std::filesystem::path& folder);

/// True where the stage is done already. error{usage} for a result of another config, model or data, of more
/// steps than are asked, that no training left here, or where the run was not asked to go on.
bool is_done(const recipe_stage& stage, const config& model, const model_site& site, const recipe_run& run);

/// Trains the model that `model` describes, or only makes all that this needs where the run is dry.
void run_stage(const recipe_stage& stage, const config& model, const model_site& site, const recipe_run& run);

}  // namespace zoetrope
