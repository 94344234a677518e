// See recipe_stage.hpp.
#include "training/recipe_stage.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

json shared_of(const config& recipe) {
  const json all = recipe.described();
  json shared;
  for (const char* key : {"seed", "device", "plugin"}) shared[key] = all.value(key, json());
  return shared;
}

}  // namespace

fs::path recipe_stage::result() const {
  return folder / (options.has("lora") ? "lora" : options.has("textual_inversion") ? "embedding" : "model");
}

std::vector<recipe_stage> stages_of(const config& recipe, const fs::path& folder) {
  if (!recipe.has("stages")) return {{"", recipe, folder, shared_of(recipe)}};
  const config list = recipe.at("stages");
  std::vector<recipe_stage> stages;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const config options = list.at(i);
    const std::string name = options.get<std::string>("name");
    if (name.empty() || name.find_first_of("/.") != std::string::npos)
      throw options.at("name").fail("wanted a name for a folder, without '/' and '.'");
    for (const recipe_stage& before : stages)
      if (before.name == name) throw options.at("name").fail("there is a stage of this name before");
    if (!stages.empty() && !stages.back().leaves_model())
      throw options.fail(concat("the stage before, ", stages.back().name, ", leaves no model to go on with"));
    stages.push_back({name, options, folder / name, shared_of(recipe)});
  }
  if (stages.empty()) throw list.fail("wanted at least one stage");
  return stages;
}

}  // namespace zoetrope
