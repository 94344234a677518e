// See recipe.hpp.
#include "training/recipe.hpp"

#include "core/io/passing_folder.hpp"
#include "core/tensor/device.hpp"
#include "pipelines/plugin.hpp"
#include "training/distributed/communicator.hpp"
#include "training/folder_lock.hpp"
#include "training/known_keys.hpp"
#include "training/recipe_model.hpp"
#include "training/stage_run.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

// As `generate` takes them: one or several.
void load_plugins(const config& recipe) {
  std::vector<std::string> libraries;
  if (recipe.has("plugin") && !recipe.at("plugin").is_array())
    libraries = {recipe.get<std::string>("plugin")};
  else
    libraries = recipe.get("plugin", libraries);
  for (const std::string& library : libraries) load_plugin(library);
}

template <class Body>
void in_stage(const recipe_stage& stage, const Body& body) {
  stage.name.empty() ? body() : in_context(stage.name, body);
}

// All but the training, so that what is wrong with a later stage is told before the first begins.
void rehearse(const std::vector<recipe_stage>& stages, const config& recipe, const model_site& site,
              const recipe_run& run) {
  const passing_folder scratch;
  recipe_run rehearsal = run;
  rehearsal.dry = true;
  rehearsal.fills_cache = !run.dry;
  rehearsal.folder = scratch.path();
  if (!run.dry) rehearsal.note = {};  // it will be told when it is done
  for (const recipe_stage& each : stages)
    in_stage(each, [&] { prepare_stage(each, recipe.at("model"), site, rehearsal); });
  recipe.expect_all_read();
}

// What the stage begins with: the recipe's model, or what the one before it left.
config model_of(const std::vector<recipe_stage>& stages, std::size_t i, const config& recipe) {
  return i == 0 ? recipe.at("model") : config(json{{"pretrained", stages[i - 1].result()}}, stages[i].name);
}

// What follows a stage that is not done must not be there: it is of another model.
void expect_nothing_after(std::size_t i, const std::vector<recipe_stage>& stages) {
  for (std::size_t next = i + 1; next < stages.size(); ++next)
    ZT_CHECK(!fs::exists(stages[next].folder), usage, stages[next].folder.string(), ": begins with what ",
             stages[i].name, " leaves, which is not done; remove it, or choose another folder");
}

// `latest` wants something to go on from in the whole run, which a stage that is done is; what follows the
// first stage that is not done starts freshly.
resume_mode resume_of(std::size_t stage, std::size_t done, resume_mode run) {
  if (stage > done) return resume_mode::none;
  return done > 0 && run == resume_mode::latest ? resume_mode::automatic : run;
}

}  // namespace

fs::path run_recipe(const config& recipe, const recipe_run& run) {
  const stop_request asked;  // from the first reading on, so that a signal between two stages is not lost
  communicator one_process;
  communicator& ranks = run.ranks ? *run.ranks : one_process;
  std::optional<model_site> site;
  std::vector<recipe_stage> stages;
  ranks.on_all([&] {
    const uint64_t seed = recipe.get<uint64_t>("seed", 0);
    load_plugins(recipe);
    site.emplace(model_site{seed, parse_device(recipe.get("device", "auto"), ranks.local_rank())});
    recipe.at("model");
    stages = stages_of(recipe, run.folder);
    if (recipe.has("stages")) expect_keys_read(recipe, {"model", "stages"});
  });
  std::optional<folder_lock> lock;  // rank 0's
  if (!run.dry) ranks.on_first([&] { lock.emplace(run.folder); });
  if (stages.size() > 1 || run.dry) rehearse(stages, recipe, *site, run);
  if (run.dry) return {};
  std::size_t done = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    recipe_run at = run;
    at.resume = resume_of(i, done, run.resume);
    std::optional<prepared_stage> ready;
    in_stage(stages[i], [&] { ready = stage_to_train(stages[i], model_of(stages, i, recipe), *site, at); });
    if (!ready) {
      ++done;
      continue;
    }
    if (i == done) ranks.on_all([&] { expect_nothing_after(i, stages); });
    in_stage(stages[i], [&] { train_stage(stages[i], *ready, *site, at); });
  }
  return stages.back().result();
}

}  // namespace zoetrope
