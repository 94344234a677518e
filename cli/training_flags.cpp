// See training_flags.hpp.
#include "cli/training_flags.hpp"

#include <sstream>

#include "core/error.hpp"
#include "core/parsed_number.hpp"
#include "core/utf8.hpp"

namespace zoetrope {

namespace {

enum class kind { text, whole, number, yes, perhaps_number };

struct flag_row {
  const char* name;
  kind takes;
  const char* path;  // in the config ("optimizer.beta1"); nullptr: see apply_special, "": no effect here
  const char* help;
};

constexpr flag_row rows[] = {
    {"pretrained_model_name_or_path", kind::text, "model.pretrained", "model directory, or org/name"},
    {"unet_resume_path", kind::text, "model.unet_weights", "folder whose unet/ is loaded over the model's"},
    {"data_dir", kind::text, nullptr, "folder of clips: sample/{0.jpg, …, prompt.txt}"},
    {"resolution", kind::whole, "data.resolution", "512 or 1024 (512)"},
    {"aspect_ratio", kind::text, "data.aspect_ratio", "0.42 0.57 0.68 1.00 1.46 1.75 2.40 (1.75)"},
    {"seed", kind::whole, "seed", "of everything that is drawn (111)"},
    {"noise_offset", kind::number, "objective.noise_offset", "one number a clip and channel (0.05)"},
    {"snr_gamma", kind::perhaps_number, nullptr, "min-SNR weights; without a number: as fine_tune.py, 1"},
    {"train_batch_size", kind::whole, nullptr, "clips of a micro-batch of each process (8)"},
    {"gradient_accumulation_steps", kind::whole, nullptr, "micro-batches of a step, of each process (1)"},
    {"gradient_checkpointing", kind::yes, "recompute", "layers' activations are computed twice, not kept"},
    {"max_train_steps", kind::whole, "steps", "steps of the optimizer (9999999)"},
    {"learning_rate", kind::number, "learning_rate.learning_rate", "after the warm-up (5e-6)"},
    {"scale_lr", kind::yes, nullptr, "the rate times the clips of a step, of all processes"},
    {"lr_scheduler", kind::text, "learning_rate.schedule",
     "constant, constant_with_warmup, linear, cosine, cosine_with_restarts, polynomial (constant)"},
    {"lr_warmup_steps", kind::whole, "learning_rate.warmup_steps", "of all but constant (500)"},
    {"use_8bit_adam", kind::yes, nullptr, "AdamW with moments of 8 bits"},
    {"adam_beta1", kind::number, "optimizer.beta1", "(0.9)"},
    {"adam_beta2", kind::number, "optimizer.beta2", "(0.999)"},
    {"adam_weight_decay", kind::number, "optimizer.weight_decay", "(0.01)"},
    {"adam_epsilon", kind::number, "optimizer.eps", "(1e-8)"},
    {"max_grad_norm", kind::number, "max_grad_norm", "0: gradients are not clipped (1)"},
    {"mixed_precision", kind::text, nullptr, "no, fp16 or bf16 (no)"},
    {"vae_b16", kind::yes, nullptr, "the VAE computes in bf16"},
    {"max_vae_encode", kind::whole, "vae_frames", "frames that the VAE encodes at once (all)"},
    {"run_validation_at_start", kind::yes, "evaluate_at_start", "clips before the first step too"},
    {"validate_every_steps", kind::whole, "evaluate_every", "steps between validation clips (100)"},
    {"test_prompts", kind::text, nullptr, "of the validation clips, with | between"},
    {"save_n_steps", kind::whole, "checkpoint_every", "steps between checkpoints (100)"},
    {"save_starting_step", kind::whole, nullptr, "no checkpoint before; below 1: the last one alone (100)"},
    {"disable_optimizer_restore", kind::yes, nullptr, "a run that goes on starts its optimizer anew"},
    {"report_to", kind::text, nullptr,
     "tensorboard, wandb, none: TensorBoard's events are always written, wandb's never"},
    {"num_train_epochs", kind::whole, "", "no effect, as in fine_tune.py: max_train_steps decides"},
    {"project_name", kind::text, "", "no effect: the folder names the run"},
    {"run_name", kind::text, "", "no effect"},
    {"logging_dir", kind::text, "", "no effect: the log stands beside the checkpoints"},
    {"latent_nan_checking", kind::yes, "", "no effect: latents are always checked"},
    {"xformers", kind::yes, "", "no effect: attention backends are parts of the model"},
};

template <class Number>
Number parsed(const std::string& flag, const std::string& text, const char* wanted) {
  const auto got = parsed_number<Number>(text);
  ZT_CHECK(got, usage, "train: --", flag, ": got '", printable(text), "', wanted ", wanted);
  return *got;
}

json value_of(const flag_row& row, const std::string& text) {
  switch (row.takes) {
    case kind::yes:
      return true;
    case kind::whole:
      return parsed<int64_t>(row.name, text, "a whole number");
    case kind::number:
      return parsed<double>(row.name, text, "a number");
    default:
      return text;
  }
}

const std::string* find(const training_flags& given, const char* name) {
  const auto found = given.find(name);
  return found == given.end() ? nullptr : &found->second;
}

const char* precision_named(const std::string& name) {
  for (const auto& [theirs, ours] : {std::pair{"no", "f32"}, {"fp16", "f16"}, {"bf16", "bf16"}})
    if (name == theirs) return ours;
  throw error(error_kind::usage,
              concat("train: --mixed_precision: got '", printable(name), "', wanted no, fp16 or bf16"));
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

int64_t whole(const training_flags& given, const char* name) {
  return parsed<int64_t>(name, *find(given, name), "a whole number");
}

// `path` is at most two keys long; what stands above a value must be an object.
void put(config& recipe, const std::string& path, const json& value) {
  if (const std::size_t dot = path.find('.'); dot != std::string::npos) recipe.child(path.substr(0, dot));
  recipe.set(concat(path, "=", value.dump()));
}

// Flags that are more than a value at a place.
void apply_special(const training_flags& given, config& recipe) {
  if (const auto* folder = find(given, "data_dir")) {
    const std::string type = recipe.child("data").get("type", "frame_folders");
    ZT_CHECK(type == "frame_folders", usage, "train: --data_dir is a folder of frame_folders; data of ",
             recipe.source(), " is of type ", printable(type),
             ", whose options are others; say all of it: --set ",
             "'data={type: frame_folders, folder: DIR, …}'");
    put(recipe, "data.type", "frame_folders");
    put(recipe, "data.folder", *folder);
  }
  if (const auto* gamma = find(given, "snr_gamma")) {
    put(recipe, "objective.snr_gamma",
        gamma->empty() ? 1.0 : parsed<double>("snr_gamma", *gamma, "a number"));
    if (gamma->empty()) put(recipe, "objective.compat_hotshot", true);
  }
  if (find(given, "use_8bit_adam")) put(recipe, "optimizer.type", "adamw8bit");
  if (const auto* name = find(given, "mixed_precision")) put(recipe, "precision", precision_named(*name));
  if (find(given, "vae_b16")) put(recipe, "vae_precision", "bf16");
  if (const auto* prompts = find(given, "test_prompts"))
    put(recipe, "evaluation.prompts", split(*prompts, '|'));
  if (find(given, "save_starting_step")) {
    const int64_t first = whole(given, "save_starting_step");
    put(recipe, first < 1 ? "checkpoint_every" : "checkpoint_from", first < 1 ? 0 : first);
  }
  if (find(given, "disable_optimizer_restore")) put(recipe, "restore_optimizer", false);
  if (const auto* name = find(given, "report_to"))
    ZT_CHECK(*name == "tensorboard" || *name == "wandb" || *name == "none", usage,
             "train: --report_to: got '", printable(*name), "', wanted tensorboard, wandb or none");
}

// A config counts for all ranks together, the flags for each.
void apply_batches(const training_flags& given, config& recipe, int64_t ranks) {
  int64_t pieces = (recipe.get("micro_batches", int64_t{1}) + ranks - 1) / ranks;
  if (find(given, "gradient_accumulation_steps")) {
    pieces = whole(given, "gradient_accumulation_steps");
    put(recipe, "micro_batches", pieces * ranks);
  }
  if (find(given, "train_batch_size"))
    put(recipe, "batch_size", whole(given, "train_batch_size") * pieces * ranks);
}

// What follows from all flags together.
json completed(const training_flags& given, config& recipe) {
  const config rate = recipe.child("learning_rate");
  if (find(given, "scale_lr"))
    put(recipe, "learning_rate.learning_rate",
        rate.get("learning_rate", 1e-4) * static_cast<double>(recipe.get("batch_size", int64_t{8})));
  const bool constant = rate.get("schedule", "constant") == "constant";
  json tree = recipe.value();
  if (constant && recipe.has("learning_rate")) tree["learning_rate"].erase("warmup_steps");
  return tree;
}

}  // namespace

void add_training_flags(CLI::App& command, training_flags& given) {
  for (const flag_row& row : rows) {
    const std::string flag = concat("--", row.name);
    CLI::Option* option;
    if (row.takes == kind::yes) {
      option = command.add_flag_callback(
          flag, [&given, &row] { given[row.name] = ""; }, row.help);
    } else {
      option = command.add_option_function<std::string>(
          flag, [&given, &row](const std::string& text) { given[row.name] = text; }, row.help);
      option->take_last()->type_name(row.takes == kind::text ? "TEXT" : "N");
      if (row.takes == kind::perhaps_number) option->expected(0, 1);
    }
    option->group("As fine_tune.py (defaults hold where no config is given)");
  }
}

json fine_tune_defaults() {
  return {{"model", {{"pretrained", "hotshotco/Hotshot-XL"}}},
          {"data", {{"type", "frame_folders"}, {"resolution", 512}, {"aspect_ratio", "1.75"}}},
          {"train", {"unet.*temporal*"}},
          {"seed", 111},
          {"output", "output"},
          {"steps", 9999999},
          {"objective", {{"noise_offset", 0.05}}},
          {"learning_rate", {{"schedule", "constant"}, {"learning_rate", 5e-6}, {"warmup_steps", 500}}},
          {"optimizer",
           {{"type", "adamw"}, {"beta1", 0.9}, {"beta2", 0.999}, {"weight_decay", 0.01}, {"eps", 1e-8}}},
          {"max_grad_norm", 1.0},
          {"evaluate_every", 100},
          {"evaluation", {{"steps", 30}}},
          {"checkpoint_every", 100},
          {"checkpoint_from", 100}};
}

config with_flags(const training_flags& given, const config& recipe, int64_t ranks) {
  ZT_CHECK(given.empty() || !recipe.has("stages"), usage, "train: --",
           given.empty() ? "" : given.begin()->first,
           " is for a training of one stage; the config has several");
  for (const auto& [name, text] : given)
    ZT_CHECK(!first_invalid_utf8(text), usage, "train: --", name, ": '", printable(text),
             "' is not valid UTF-8");
  config laid(recipe.value(), recipe.source());
  for (const flag_row& row : rows) {
    const std::string* text = find(given, row.name);
    if (text && row.path && *row.path) put(laid, row.path, value_of(row, *text));
  }
  apply_special(given, laid);
  apply_batches(given, laid, ranks);
  return config(completed(given, laid), recipe.source());  // nothing of it has been read yet
}

}  // namespace zoetrope
