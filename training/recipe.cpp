// See recipe.hpp.
#include "training/recipe.hpp"

#include "core/io/atomic_file.hpp"
#include "core/io/passing_folder.hpp"
#include "core/io/sha256.hpp"
#include "core/tensor/device.hpp"
#include "models/vocabulary_learner.hpp"
#include "training/dataset.hpp"
#include "training/distributed/communicator.hpp"
#include "training/training_tasks.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

// Ranks share the folder: rank 0 writes, and the others wait until it has.
void on_first(const recipe_run& run, const std::function<void()>& write) {
  run.ranks ? run.ranks->on_first(write) : write();
}

// A vocabulary learnt from the captions of a dataset; where it lies.
fs::path learned_tokenizer(const config& options, const recipe_run& run, int64_t tokens) {
  const int64_t texts = options.bounded("texts", 20000, 1, 10'000'000);
  const int64_t merges = options.bounded("merges", 128, 0, 1'000'000);
  const auto data = make_dataset(options.at("data"));
  const fs::path folder = run.folder / "tokenizer";
  on_first(run, [&] {
    std::vector<std::string> captions;
    for (int64_t i = 0; i < std::min(texts, data->size()); ++i) captions.push_back(data->label(i).caption);
    write_clip_tokenizer(folder, learned_vocabulary(captions, merges), tokens);
  });
  return folder;
}

json& part_of(model_preset& preset, const std::string& name) {
  for (auto& [each, options] : preset.components)
    if (each == name) return options;
  throw error(error_kind::bad_input, concat("the preset has no ", name));
}

// The text encoders' configs follow the vocabulary.
void fit_to_vocabulary(model_preset& preset, int64_t tokens) {
  for (const char* name : {"text_encoder", "text_encoder_2"}) {
    json& encoder = part_of(preset, name);
    encoder["vocab_size"] = tokens;
    encoder["bos_token_id"] = tokens - 2;
    encoder["eos_token_id"] = tokens - 1;
    encoder["pad_token_id"] = tokens - 1;
  }
}

// The part that `key` names; where that is unknown, the place in the config is told.
template <class Maker>
const Maker& named_in(const config& options, const char* key, const registry<Maker>& parts,
                      const char* fallback) {
  const std::string name = options.get(key, fallback);
  return in_context(concat(options.source(), ": ", options.path(), ".", key),
                    [&]() -> const Maker& { return parts.find(name); });
}

// What all models of a run are made for.
struct model_site {
  uint64_t seed;
  at::Device device;
};

training_model model_of_preset(const config& options, const recipe_run& run, const model_site& site) {
  model_description description;
  description.configs = merged(named_in(options, "preset", model_presets(), "")(), options.child("set"));
  if (description.configs.index.is_null())
    throw options.at("preset").fail("it is one component, not a model");
  const int64_t length = part_of(description.configs, "text_encoder").at("max_position_embeddings");
  const fs::path folder = learned_tokenizer(options.at("vocabulary"), run, length);
  description.tokenizer = description.tokenizer_2 = folder;
  fit_to_vocabulary(description.configs, clip_tokenizer(folder).vocabulary_size());
  return fresh_model(description, site.seed, site.device);
}

training_model model_of_directory(const config& options, const model_site& site) {
  const std::string directory = options.get<std::string>("pretrained");
  training_model model = load_for_training(
      directory, options.has("unet") ? options.at("unet").value() : json::object(), site.device);
  const std::string unet_weights = options.get("unet_weights", "");
  if (!unet_weights.empty()) load_unet(model, unet_weights);
  return model;
}

training_model first_model(const config& options, const recipe_run& run, const model_site& site) {
  training_model model =
      options.has("preset") ? model_of_preset(options, run, site) : model_of_directory(options, site);
  const config scales = options.child("initial_scale");
  for (const std::string& pattern : scales.keys()) scale_weights(model, pattern, scales.get<double>(pattern));
  return model;
}

// What may differ between a run and the one that goes on from its checkpoint.
constexpr const char* free_keys[] = {"name",
                                     "output",
                                     "device",
                                     "steps",
                                     "until",
                                     "require",
                                     "workers",
                                     "bucket_megabytes",
                                     "log_every",
                                     "evaluate_every",
                                     "evaluate_at_start",
                                     "checkpoint_every",
                                     "checkpoint_from",
                                     "keep_checkpoints",
                                     "restore_optimizer"};

// Of the config as it stands, before anything of it is read.
std::string hash_of(const config& options, const config& recipe) {
  json kept = options.described();
  for (const char* key : {"model", "seed"}) kept[key] = recipe.described().value(key, json());
  for (const char* key : free_keys) kept.erase(key);
  return sha256_of(kept.dump());
}

struct stage {
  std::string name;
  config options;
  fs::path folder;   ///< of the stage
  std::string hash;  ///< of what must be the same to go on
  fs::path result() const {
    return folder / (options.has("lora") ? "lora" : options.has("textual_inversion") ? "embedding" : "model");
  }
  /// For messages.
  std::string place() const { return name.empty() ? "train" : name; }
  bool leaves_model() const { return result().filename() == "model"; }
};

std::vector<stage> stages_of(const config& recipe, const fs::path& folder) {
  if (!recipe.has("stages")) return {{"", recipe, folder, hash_of(recipe, recipe)}};
  const config list = recipe.at("stages");
  std::vector<stage> stages;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const config options = list.at(i);
    const std::string name = options.get<std::string>("name");
    if (name.empty() || name.find_first_of("/.") != std::string::npos)
      throw options.at("name").fail("wanted a name for a folder, without '/' and '.'");
    for (const stage& before : stages)
      if (before.name == name) throw options.at("name").fail("there is a stage of this name before");
    if (!stages.empty() && !stages.back().leaves_model())
      throw options.fail(concat("the stage before, ", stages.back().name, ", leaves no model to go on with"));
    stages.push_back({name, options, folder / name, hash_of(options, recipe)});
  }
  if (stages.empty()) throw list.fail("wanted at least one stage");
  return stages;
}

std::unique_ptr<training_task> make_task(const stage& stage, training_model model, uint64_t seed,
                                         int64_t batch_size,
                                         const std::function<void(const std::string&)>& note) {
  const training_task_maker make = named_in(stage.options, "task", training_tasks(), "diffusion");
  return make(stage.options, std::move(model), {seed, batch_size, note});
}

named_scalars scalars_of(const config& options, const char* key) {
  named_scalars wanted;
  const config node = options.child(key);
  for (const std::string& name : node.keys()) wanted[name] = node.get<double>(name);
  return wanted;
}

void require(const named_scalars& wanted, const named_scalars& found, const std::string& name) {
  for (const auto& [scalar, least] : wanted) {
    const auto value = found.find(scalar);
    ZT_CHECK(value != found.end(), usage, name, ": nothing measures ", scalar);
    ZT_CHECK(value->second >= least, runtime, name, ": ends with ", scalar, " at ", value->second,
             ", wanted ", least);
  }
}

// The model appears whole, with what it was made by.
void save_whole(training_task& task, const stage& stage, at::Device device, const named_scalars& found) {
  const fs::path part = stage.result().string() + ".part";
  fs::remove_all(part);
  task.save(part);
  const json told = {{"config_hash", stage.hash}, {"device", device.str()}, {"found", found}};
  write_text_file(stage.folder / "stage.json", told.dump(2) + "\n");
  fs::rename(part, stage.result());
}

// True where the stage is done already.
bool is_done(const stage& stage, const recipe_run& run) {
  if (!fs::exists(stage.result())) return false;
  ZT_CHECK(run.resume != resume_mode::none, usage, stage.result().string(),
           ": is there already; --resume auto goes on with what is not done, or choose another folder");
  const std::string made_by = config::load(stage.folder / "stage.json").get<std::string>("config_hash");
  ZT_CHECK(made_by == stage.hash, usage, stage.result().string(), ": was trained with another config");
  if (run.note) run.note(concat(stage.result().string(), ": is done"));
  return true;
}

void run_stage(const stage& stage, training_model model, uint64_t seed, const recipe_run& run) {
  const at::Device device = model.parts.device;
  const trainer_options options = read_trainer_options(stage.options);
  const named_scalars required = scalars_of(stage.options, "require");
  const auto task = make_task(stage, std::move(model), seed, options.batch_size, run.note);
  stage.options.expect_all_read();
  if (run.dry) return;
  trainer_run training{.folder = stage.folder,
                       .resume = run.resume,
                       .config_hash = stage.hash,
                       .ranks = run.ranks,
                       .note = run.note};
  if (run.on_step)
    training.on_step = [&](const training_progress& progress) { run.on_step(stage.name, progress); };
  if (run.on_stage) run.on_stage(stage.name);
  const named_scalars found = train(*task, options, training);
  require(required, found, stage.place());
  on_first(run, [&] { save_whole(*task, stage, device, found); });
}

}  // namespace

fs::path run_recipe(const config& recipe, const recipe_run& run) {
  const uint64_t seed = recipe.get<uint64_t>("seed", 0);
  const model_site site{seed,
                        parse_device(recipe.get("device", "auto"), run.ranks ? run.ranks->local_rank() : 0)};
  const config model = recipe.at("model");
  const std::vector<stage> stages = stages_of(recipe, run.folder);
  if (stages.size() > 1 || run.dry) {  // what is wrong with a later stage is told before the first
    const passing_folder scratch;
    recipe_run rehearsal = run;
    rehearsal.dry = true;
    if (!run.dry) rehearsal.note = {};  // it will be told when it is done
    rehearsal.folder = scratch.path();
    for (const stage& each : stages)
      in_context(each.place(),
                 [&] { run_stage(each, first_model(model, rehearsal, site), seed, rehearsal); });
    recipe.expect_all_read();
  }
  if (run.dry) return {};
  if (run.note && !site.device.is_cpu()) run.note(concat("trains on ", site.device.str()));
  fs::path previous;
  for (const stage& each : stages) {
    if (!is_done(each, run))
      in_context(each.place(), [&] {
        run_stage(each,
                  previous.empty() ? first_model(model, run, site)
                                   : load_for_training(previous, json::object(), site.device),
                  seed, run);
      });
    previous = each.result();
  }
  return previous;
}

}  // namespace zoetrope
