// `zoetrope train`: a training from its config, resumable, with the loss and the time left as it goes.
#include <cerrno>
#include <cstring>
#include <new>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/training_flags.hpp"
#include "core/tensor/device.hpp"
#include "core/tensor/torch_error.hpp"
#include "core/utf8.hpp"
#include "training/distributed/communicator.hpp"
#include "training/recipe.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {

namespace {

struct train_arguments {
  std::string config_file, output, resume, device;
  training_flags flags;
  std::vector<std::string> sets, plugins;
  int threads = 0;
  double timeout = 3600;
  bool lora = false, skip_bad = false, dry_run = false, quiet = false;
};

resume_mode parse_resume(const std::string& text) {
  if (text.empty()) return resume_mode::none;
  if (text == "latest") return resume_mode::latest;
  ZT_CHECK(text == "auto", usage, "train: --resume: got '", printable(text), "', wanted latest or auto");
  return resume_mode::automatic;
}

// The same training of adapters beside the weights instead of the weights.
config with_lora(const config& recipe) {
  ZT_CHECK(!recipe.has("stages"), usage, "train: --lora: ", recipe.source(),
           " has stages; write `lora: {}` into the last one");
  json tree = recipe.value();
  tree.erase("train");
  if (!recipe.has("lora")) tree["lora"] = json::object();
  return config(std::move(tree), recipe.source());
}

std::string loss_text(double loss) {
  char text[32];
  std::snprintf(text, sizeof text, "loss %.4g", loss);
  return text;
}

void skip_bad_files(const config& parent, const char* key) {
  if (!parent.has(key)) return;
  config data = parent.child(key);
  if (data.get("type", "") != "shapes") data.set("skip_bad=true");  // those are drawn
}

// What is wrong with the files of any dataset of the recipe is left out.
void skip_bad_files(const config& recipe) {
  const auto of_stage = [](const config& stage) {
    for (const char* key : {"data", "validation"}) skip_bad_files(stage, key);
  };
  of_stage(recipe);
  if (recipe.has("stages"))
    for (std::size_t i = 0; i < recipe.at("stages").size(); ++i) of_stage(recipe.at("stages").at(i));
  if (recipe.has("model") && recipe.child("model").has("vocabulary"))
    skip_bad_files(recipe.child("model").child("vocabulary"), "data");
}

// KEY=null takes a key away that is there: of data of another type, for instance, nothing reads it.
config with_assignment(config recipe, const std::string& assignment) {
  json::json_pointer where;
  std::istringstream keys(assignment.substr(0, assignment.find('=')));
  for (std::string key; std::getline(keys, key, '.');) where /= key;
  const bool was_there = recipe.described().contains(where);
  recipe.set(assignment);
  if (!was_there || !assignment.ends_with("=null")) return recipe;
  json tree = recipe.value();
  if (json& above = tree.at(where.parent_pointer()); above.is_object()) above.erase(where.back());
  return config(std::move(tree), recipe.source());
}

// The config, or fine_tune.py's, with the flags laid over it.
config chosen_recipe(const train_arguments& chosen, int ranks) {
  const bool alone = chosen.config_file.empty();
  config recipe = alone ? config(fine_tune_defaults(), "train") : config::load(chosen.config_file);
  if (!recipe.is_object()) throw recipe.fail("wanted an object");
  training_flags flags = chosen.flags;
  if (alone) flags.emplace("train_batch_size", "8");
  if (!flags.empty()) recipe = with_flags(flags, recipe, ranks);  // a config without flags stays as it is
  if (!chosen.device.empty()) recipe.set("device=" + chosen.device);
  for (const std::string& library : chosen.plugins)
    ZT_CHECK(!first_invalid_utf8(library), usage, "train: --plugin: '", printable(library),
             "' is not valid UTF-8, which a config's texts are");
  if (!chosen.plugins.empty()) recipe.set("plugin=" + json(chosen.plugins).dump());
  return recipe;
}

config recipe_of(const train_arguments& chosen, int ranks) {
  config recipe = chosen_recipe(chosen, ranks);
  if (chosen.lora) recipe = with_lora(recipe);
  for (const std::string& assignment : chosen.sets) recipe = with_assignment(recipe, assignment);
  if (chosen.skip_bad) skip_bad_files(recipe);
  if (const config data = recipe.child("data");
      chosen.config_file.empty() && data.get("type", "") == "frame_folders")
    ZT_CHECK(data.has("folder"), usage, "train: --data_dir is required where no config is given");
  return recipe;
}

void train_on(communicator& ranks, const train_arguments& chosen, console& out) {
  set_thread_count(chosen.threads);
  config recipe;
  recipe_run run{.dry = chosen.dry_run, .ranks = &ranks};
  ranks.on_all([&] {
    run.resume = parse_resume(chosen.resume);
    recipe = recipe_of(chosen, ranks.size());
    const std::string stored = recipe.get("output", "");
    run.folder = chosen.output.empty() ? stored : chosen.output;
    ZT_CHECK(!run.folder.empty() || chosen.dry_run, usage,
             "train: no folder for the result; give --output_dir DIR");
  });
  if (chosen.flags.count("report_to") && chosen.flags.at("report_to") == "wandb")
    out.note("--report_to wandb: nothing is sent; TensorBoard's events and train.h5 are written as ever");
  std::optional<progress> bar;  // one a stage
  run.on_stage = [&](const std::string& stage) {
    bar.emplace(progress_style(out.quiet), stage.empty() ? "training" : concat("training ", stage), "step");
  };
  run.on_step = [&](const std::string&, const training_progress& at) {
    bar->update(at.step, at.steps, loss_text(at.loss));
  };
  const auto between_updates = [&](void (console::*say)(std::string_view) const) {
    return [&out, &bar, say](const std::string& text) {
      if (bar) bar->pause();
      (out.*say)(text);
    };
  };
  run.note = between_updates(&console::note);
  run.warn = between_updates(&console::warn);
  const std::filesystem::path model = run_recipe(recipe, run);
  bar.reset();
  if (ranks.is_first()) out.print(chosen.dry_run ? "nothing is wrong with the config" : model.string());
}

// What can be done about it, which who fails does not know.
std::string advice(const error& failure) {
  if (failure.kind() == error_kind::out_of_memory)
    return "; more micro_batches or recompute: true take less memory";
  for (const int reason : {ENOSPC, EDQUOT, EFBIG})
    if (std::string(failure.what()).find(std::strerror(reason)) != std::string::npos)
      return "; make room there, then --resume auto goes on from the last checkpoint";
  return "";
}

error with_advice(const error& failure) { return {failure.kind(), failure.what() + advice(failure)}; }

void run(const train_arguments& chosen, command_context& context) {
  // Slurm's SIGUSR1 may come while the ranks meet, and while a program that is done unloads its libraries.
  [[maybe_unused]] static const stop_request& held = *new stop_request;
  const std::unique_ptr<communicator> ranks = open_communicator(chosen.timeout);
  context.out.quiet = chosen.quiet || !ranks->is_first();
  try {
    train_on(*ranks, chosen, context.out);
  } catch (const agreed_error& failure) {
    const bool shared = dynamic_cast<const shared_error*>(&failure) != nullptr;
    if (!shared || ranks->is_first()) context.out.fail(with_advice(failure).what());
    // All is said before a launcher sees that one rank has ended, and whichever that is: one may have got the
    // signal for all.
    context.exit_code = static_cast<int>(ranks->greatest(exit_code_now(failure.kind())));
  } catch (const error& failure) {
    throw with_advice(failure);
  } catch (const c10::Error& failure) {
    throw with_advice(as_error(failure));
  } catch (const std::bad_alloc&) {
    throw with_advice({error_kind::out_of_memory, "out of memory"});
  }
}

}  // namespace

void add_train(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<train_arguments>();
  CLI::App* command = program.add_subcommand("train", "trains a model, whole or in parts, from a config");
  command->add_option("config", chosen->config_file,
                      "JSON or YAML, as experiments/configs/tiny.yaml; without one, as fine_tune.py");
  command
      ->add_option("--output_dir", chosen->output,
                   "checkpoints, logs and the trained model; default: the config's output")
      ->type_name("DIR");
  command
      ->add_option("--resume", chosen->resume,
                   "latest: goes on from what was trained, which must be there; auto: or starts fresh")
      ->type_name("MODE");
  command
      ->add_option("--set", chosen->sets,
                   "changes the config: optimizer.beta2=0.98; KEY=null takes a key away")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--lora", chosen->lora,
                    "trains adapters of low rank instead of weights (docs/lora-training.md)");
  command->add_flag("--skip_bad", chosen->skip_bad,
                    "clips that cannot be used are counted and left out, instead of an error");
  command->add_option("--plugin", chosen->plugins, "a shared library with parts of yours")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--device", chosen->device,
          "cpu, cuda, cuda:1, or auto: the GPU, where there is one; default: the config's device, else auto")
      ->type_name("DEVICE");
  command->add_option("--threads", chosen->threads, "CPU threads outside of the workers; 0: all cores")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--nccl_timeout", chosen->timeout,
                   "seconds that a rank waits for the others before it stops, whatever the engine")
      ->type_name("S")
      ->capture_default_str();
  add_training_flags(*command, chosen->flags);
  command->add_flag("--dry_run", chosen->dry_run,
                    "checks the config, the data and the model; writes nothing");
  command->add_flag("-q,--quiet", chosen->quiet, "no notes, no progress");
  command->callback([chosen, &context] { run(*chosen, context); });
}

}  // namespace zoetrope
