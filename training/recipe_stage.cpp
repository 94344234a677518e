// See recipe_stage.hpp.
#include "training/recipe_stage.hpp"

#include "core/io/atomic_file.hpp"
#include "core/io/atomic_folder.hpp"
#include "training/agreed_request.hpp"
#include "training/checkpoint.hpp"
#include "training/distributed/communicator.hpp"
#include "training/recipe_model.hpp"
#include "training/same_training.hpp"
#include "training/training_origin.hpp"
#include "training/training_tasks.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

json shared_of(const config& recipe) {
  const json all = recipe.described();
  return {{"seed", all.value("seed", json())}, {"device", all.value("device", json())}};
}

// A stage before its first step.
struct prepared_stage {
  trainer_options options;
  std::unique_ptr<training_task> task;
  std::string told;  // of data and parameters
  json settings;     // the config that runs it alone, every default filled in
  json origin;       // on the first rank; null in a rehearsal
};

// "train": ["unet.*temporal*"], with every default.
std::string what_is_trained(const json& options) {
  for (const char* key : {"lora", "textual_inversion", "train"})
    if (const auto found = options.find(key); found != options.end() && !found->is_null())
      return concat(key, ": ", found->dump());
  return "";
}

std::string start_note(const training_task& task, const trainer_options& options, const json& described,
                       at::Device device) {
  int64_t numbers = 0;
  for (const trained_parameter& each : task.parameters()) numbers += each.tensor.numel();
  return concat("trains ", numbers, " numbers in ", task.parameters().size(), " tensors (",
                what_is_trained(described), "), ", options.steps, " steps of ", options.batch_size,
                " clips, on ", device.str(), " in ", described.value("precision", "f32"));
}

// What runs this stage alone.
json stage_config(const recipe_stage& stage, const config& model) {
  json tree = stage.options.described();
  for (const char* key : {"name", "output"}) tree.erase(key);
  for (const char* key : {"seed", "device"}) tree[key] = stage.shared.at(key);
  tree["model"] = model.described();
  return tree;
}

// Both tasks measure only on validation clips.
void expect_measured(const config& options) {
  for (const char* key : {"until", "require"})
    if (!options.child(key).keys().empty() && !options.has("validation"))
      throw options.at(key).fail("is measured on validation clips; give validation");
}

void expect_names(const config& options, const char* key, const named_scalars& wanted,
                  const training_task& task) {
  const std::string wrong = not_measured(wanted, task);
  if (!wrong.empty()) throw options.at(key).fail(wrong);
}

// All that was trained before is in finished stages and checkpoints.
constexpr const char* at_the_start = "before the first step; --resume auto goes on with what is not done";

prepared_stage prepared(const recipe_stage& stage, const config& model, const model_site& site,
                        const recipe_run& run, const stop_request& asked) {
  // What is wrong with the config is told before a model is loaded.
  const trainer_options options = read_trainer_options(stage.options);
  const training_task_maker make = named_in(stage.options, "task", training_tasks(), "diffusion");
  stage.options.at("data");
  expect_measured(stage.options);
  std::string told;
  const auto note = [&](const std::string& text) {
    told += text + "\n\n";
    if (run.note) run.note(stage.name.empty() ? text : concat(stage.name, ": ", text));
  };
  const auto goes_on = [&asked] {
    if (const int signal = asked.stop())
      throw error(error_kind::interrupted, stopped_by(signal, at_the_start));
  };
  const bool compared = !run.dry && (!run.ranks || run.ranks->is_first());
  json origin;
  const auto make_weights = [&] {
    training_model weights = make_model(model, site, run);
    if (compared) origin["model"] = origin_of(weights);
    return weights;
  };
  auto task =
      make(stage.options, make_weights, {site.seed, options.batch_size, note, goes_on, run.fills_cache});
  if (compared && task->data()) origin["data"] = origin_of(*task->data());
  stage.options.expect_all_read();
  expect_names(stage.options, "until", options.until, *task);
  expect_names(stage.options, "require", options.require, *task);
  const json described = stage_config(stage, model);
  note(start_note(*task, options, described, site.device));
  return {options, std::move(task), told, described, origin};
}

// The model appears whole; what it was made by stands beside it once it is there.
void save_whole(const recipe_stage& stage, const prepared_stage& ready, at::Device device,
                const training_end& end) {
  fs::remove_all(stage.result());  // of fewer steps
  atomic_folder result(stage.result());
  ready.task->save(result.part_path());
  result.commit();
  const json told = {{"config", ready.settings},
                     {"step", end.step},
                     {"satisfied", end.satisfied},
                     {"device", device.str()},
                     {"found", end.found}};
  write_text_file(stage.folder / "stage.json", told.dump(2) + "\n");
}

// Whole or damaged.
bool has_checkpoints(const recipe_stage& stage) {
  const checkpoint_search search = latest_checkpoint(stage.folder / "checkpoints");
  return search.found || search.damaged > 0;
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

bool is_done(const recipe_stage& stage, const config& model, const model_site& site, const recipe_run& run) {
  const std::string result = stage.result().string();
  if (!fs::exists(result)) return false;
  const bool told_of = fs::exists(stage.folder / "stage.json");
  ZT_CHECK(told_of || has_checkpoints(stage), usage, result,
           ": is no training's: beside it is neither a stage.json nor a checkpoint; move it away, or choose "
           "another folder");
  ZT_CHECK(run.resume != resume_mode::none, usage, result,
           ": is there already; --resume auto goes on with what is not done, or choose another folder");
  if (!told_of) return false;  // killed after it had saved the result; its last checkpoint has all of it
  const config told = config::load(stage.folder / "stage.json");
  const json before = told.at("config").value(), origin = read_origin(stage.folder);
  recipe_run unsaid = run;
  unsaid.note = {};
  const stop_request signals;  // within run_recipe's
  const prepared_stage now = prepared(stage, model, site, unsaid, signals);
  expect_same_training(before, now.settings, result);
  if (!now.origin.is_null()) expect_same_origin(origin, now.origin, result);
  const int64_t taken = told.get<int64_t>("step"), asked = now.options.steps;
  ZT_CHECK(taken <= asked, usage, result, ": was trained for ", taken, " steps, more than the ", asked,
           " that are asked; ask for as many, or choose another folder");
  const bool satisfied =
      told.get<bool>("satisfied") && before.value("until", json()) == now.settings.value("until", json());
  const bool done = satisfied || taken == asked;
  if (run.note) run.note(concat(result, done ? ": is done" : concat(": goes on to step ", asked)));
  return done;
}

void run_stage(const recipe_stage& stage, const config& model, const model_site& site,
               const recipe_run& run) {
  communicator one_process;
  communicator& ranks = run.ranks ? *run.ranks : one_process;
  const stop_request asked;  // within run_recipe's
  expect_not_stopped(asked, ranks, at_the_start);
  std::optional<prepared_stage> ready;
  ranks.on_all([&] { ready.emplace(prepared(stage, model, site, run, asked)); });
  if (run.dry) return;
  const std::string config_text = ready->settings.dump(2) + "\n";
  trainer_run training{.folder = stage.folder,
                       // A result that is there is of a checkpoint: what goes on must not start anew.
                       .resume = fs::exists(stage.result()) ? resume_mode::latest : run.resume,
                       .settings = ready->settings,
                       .origin = json::parse(ranks.from_first([&] { return ready->origin.dump(); })),
                       .ranks = &ranks,
                       .texts = {{"config", "```json\n" + config_text + "```"}, {"training", ready->told}},
                       .note = run.note,
                       .warn = run.warn};
  training.on_begin = [&] {
    ranks.on_first([&] {
      write_text_file(stage.folder / "config.json", config_text);
      write_origin(stage.folder, ready->origin);
    });
    if (run.on_stage) run.on_stage(stage.name);
  };
  if (run.on_step)
    training.on_step = [&](const training_progress& progress) { run.on_step(stage.name, progress); };
  const training_end end = train(*ready->task, ready->options, training);
  ranks.on_first([&] { save_whole(stage, *ready, site.device, end); });
}

}  // namespace zoetrope
