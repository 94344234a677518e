// See stage_run.hpp.
#include "training/stage_run.hpp"

#include "core/io/atomic_file.hpp"
#include "core/io/atomic_folder.hpp"
#include "training/checkpoint.hpp"
#include "training/distributed/communicator.hpp"
#include "training/recipe_model.hpp"
#include "training/same_training.hpp"
#include "training/training_origin.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

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

// An earlier run left the stage's result, and said that it is done.
bool was_finished(const recipe_stage& stage, const recipe_run& run) {
  const std::string result = stage.result().string();
  if (!fs::exists(result)) return false;
  const bool told_of = fs::exists(stage.folder / "stage.json");
  ZT_CHECK(told_of || has_checkpoints(stage), usage, result,
           ": is no training's: beside it is neither a stage.json nor a checkpoint; move it away, or choose "
           "another folder");
  ZT_CHECK(run.resume != resume_mode::none, usage, result,
           ": is there already; --resume auto goes on with what is not done, or choose another folder");
  return told_of;  // else killed after it had saved the result; its last checkpoint has all of it
}

// What was finished is what would be trained now.
bool is_done(const recipe_stage& stage, const prepared_stage& now, const recipe_run& run) {
  const std::string result = stage.result().string();
  const config told = config::load(stage.folder / "stage.json");
  const json before = told.at("config").value(), origin = read_origin(stage.folder);
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

}  // namespace

std::optional<prepared_stage> stage_to_train(const recipe_stage& stage, const config& model,
                                             const model_site& site, const recipe_run& run) {
  communicator one_process;
  communicator& ranks = run.ranks ? *run.ranks : one_process;
  bool finished = false, done = false;
  ranks.on_all([&] { finished = was_finished(stage, run); });
  prepared_stage ready = prepare_stage(stage, model, site, run, finished);
  ranks.on_all([&] { done = finished && is_done(stage, ready, run); });
  if (done) return std::nullopt;
  ready.notes->let_go();
  return ready;
}

void train_stage(const recipe_stage& stage, prepared_stage& ready, const model_site& site,
                 const recipe_run& run) {
  communicator one_process;
  communicator& ranks = run.ranks ? *run.ranks : one_process;
  const std::string config_text = ready.settings.dump(2) + "\n";
  trainer_run training{
      .folder = stage.folder,
      // A result that is there is of a checkpoint: what goes on must not start anew.
      .resume = fs::exists(stage.result()) ? resume_mode::latest : run.resume,
      .settings = ready.settings,
      .origin = json::parse(ranks.from_first([&] { return ready.origin.dump(); })),
      .ranks = &ranks,
      .texts = {{"config", "```json\n" + config_text + "```"}, {"training", ready.notes->text()}},
      .note = run.note,
      .warn = run.warn};
  training.on_begin = [&] {
    ranks.on_first([&] {
      write_text_file(stage.folder / "config.json", config_text);
      write_origin(stage.folder, ready.origin);
    });
    if (run.on_stage) run.on_stage(stage.name);
  };
  if (run.on_step)
    training.on_step = [&](const training_progress& progress) { run.on_step(stage.name, progress); };
  const training_end end = train(*ready.task, ready.options, training);
  ranks.on_first([&] { save_whole(stage, ready, site.device, end); });
}

}  // namespace zoetrope
