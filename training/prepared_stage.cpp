// See prepared_stage.hpp.
#include "training/prepared_stage.hpp"

#include "training/agreed_request.hpp"
#include "training/distributed/communicator.hpp"
#include "training/recipe_model.hpp"
#include "training/training_origin.hpp"
#include "training/training_tasks.hpp"

namespace zoetrope {

namespace {

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
  tree.update(stage.shared);
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
                        const recipe_run& run, const stop_request& asked, bool holds_notes) {
  // What is wrong with the config is told before a model is loaded.
  const trainer_options options = read_trainer_options(stage.options);
  const training_task_maker make = named_in(stage.options, "task", training_tasks(), "diffusion");
  stage.options.at("data");
  expect_measured(stage.options);
  const auto notes = std::make_shared<stage_notes>(stage, run.note, holds_notes);
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
  auto task = make(stage.options, make_weights,
                   {.seed = site.seed,
                    .batch_size = options.batch_size,
                    .note = [notes](const std::string& text) { notes->add(text); },
                    .on_clip = goes_on,
                    .ranks = run.ranks,
                    .fills_cache = run.fills_cache});
  if (compared && task->data()) origin["data"] = origin_of(*task->data());
  stage.options.expect_all_read();
  expect_names(stage.options, "until", options.until, *task);
  expect_names(stage.options, "require", options.require, *task);
  const json described = stage_config(stage, model);
  notes->add(start_note(*task, options, described, site.device));
  return {options, std::move(task), notes, described, origin};
}

}  // namespace

stage_notes::stage_notes(const recipe_stage& stage, std::function<void(const std::string&)> tell, bool held)
    : prefix_(stage.name.empty() ? "" : stage.name + ": "), tell_(std::move(tell)), held_(held) {}

void stage_notes::add(const std::string& text) {
  all_.push_back(text);
  if (!held_) tell(text);
}

void stage_notes::let_go() {
  if (held_)
    for (const std::string& text : all_) tell(text);
  held_ = false;
}

std::string stage_notes::text() const {
  std::string paragraphs;
  for (const std::string& text : all_) paragraphs += text + "\n\n";
  return paragraphs;
}

void stage_notes::tell(const std::string& text) const {
  if (tell_) tell_(prefix_ + text);
}

prepared_stage prepare_stage(const recipe_stage& stage, const config& model, const model_site& site,
                             const recipe_run& run, bool holds_notes) {
  communicator one_process;
  communicator& ranks = run.ranks ? *run.ranks : one_process;
  const stop_request asked;  // within run_recipe's
  expect_not_stopped(asked, ranks, at_the_start);
  std::optional<prepared_stage> ready;
  ranks.on_all([&] { ready.emplace(prepared(stage, model, site, run, asked, holds_notes)); });
  return std::move(*ready);
}

}  // namespace zoetrope
