// A stage of a recipe (recipe.hpp) as its config describes it. Its folder holds, besides checkpoints and logs:
//   config.json   what is run, every default filled in; a config that runs the stage alone
//   stage.json    once it is done: the config with every default, steps taken, device, what was found
//   origin.json   what it begins from besides the config (training_origin.hpp)
//   model         or lora, embedding: the result, whole
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

struct recipe_stage {
  std::string name;  ///< empty where the recipe has no `stages`
  config options;
  std::filesystem::path folder;
  json shared;  ///< the recipe's seed, device and plugin

  std::filesystem::path result() const;
  /// False: only what was trained of one, and no stage can follow.
  bool leaves_model() const { return result().filename() == "model"; }
};

std::vector<recipe_stage> stages_of(const config& recipe, const std::filesystem::path& folder);

}  // namespace zoetrope
