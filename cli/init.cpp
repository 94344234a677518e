// `zoetrope init`: a model directory of random weights of any shape. Weights go to disk layer by layer, so
// that the full-size model needs no more memory than its largest layer.
#include "cli/commands.hpp"
#include "cli/fresh_weights.hpp"
#include "cli/interruption.hpp"
#include "cli/preset_model.hpp"
#include "cli/progress.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/atomic_folder.hpp"
#include "core/tensor/device.hpp"
#include "models/autoencoder_kl.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/clip_tokenizer.hpp"
#include "models/controlnet.hpp"
#include "models/presets.hpp"
#include "models/unet3d.hpp"
#include "pipelines/demo_model.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

struct init_arguments {
  std::string folder, preset, config_file, tokenizer, precision = "f16";
  std::vector<std::string> sets;
  uint64_t seed = 0;
  bool quiet = false;
};

void write_json(const fs::path& file, const json& tree) { write_text_file(file, tree.dump(2) + "\n"); }

// Folders of a tokenizer come whole from another model; only its length is this model's.
void copy_tokenizer(const fs::path& from, const fs::path& to, const json& encoder) {
  const clip_tokenizer checked(from);
  ZT_CHECK(checked.vocabulary_size() <= encoder.at("vocab_size").get<int64_t>(), usage,
           "init: the tokenizer ", from.string(), " has ", checked.vocabulary_size(),
           " tokens, the encoder holds ", encoder.at("vocab_size"));
  make_folder(to);
  for (const char* name : {"vocab.json", "merges.txt", "special_tokens_map.json"})
    if (fs::exists(from / name)) write_text_file(to / name, read_text_file(from / name));
  json options = config::load(from / "tokenizer_config.json").value();
  options["model_max_length"] = encoder.at("max_position_embeddings");
  write_json(to / "tokenizer_config.json", options);
}

std::unique_ptr<module> build(const std::string& class_name, const config& options) {
  if (class_name == "UNet3DConditionModel" || class_name == "UNet2DConditionModel")
    return std::make_unique<unet3d>(options);
  // One that starts at zero would change nothing.
  if (class_name == "ControlNetModel") return std::make_unique<controlnet>(options, /*zero_init=*/false);
  if (class_name == "AutoencoderKL") return std::make_unique<autoencoder_kl>(options);
  if (class_name.starts_with("CLIPTextModel")) return std::make_unique<clip_text_encoder>(options);
  throw options.fail(concat("class '", printable(class_name), "' is not known"));
}

model_preset chosen_preset(const init_arguments& chosen) {
  ZT_CHECK(!chosen.preset.empty() || !chosen.config_file.empty(), usage,
           "init: give --preset NAME, --config FILE, or both");
  config tree = chosen.config_file.empty() ? config() : config::load(chosen.config_file);
  for (const std::string& assignment : chosen.sets) tree.set(assignment);
  const std::string base = tree.get("preset", chosen.preset.empty() ? "hotshot-xl" : chosen.preset.c_str());
  return merged(chosen.preset.empty() ? model_presets().find(base)() : preset_named(chosen.preset), tree);
}

// Files of others hold keys that nothing here reads; what was typed is meant.
void expect_sets_read(const std::vector<std::string>& sets, const std::string& name, const config& options) {
  for (const std::string& path : options.unread())
    for (const std::string& assignment : sets)
      if (const std::string key = name + path.substr(1);
          assignment.starts_with(key + "=") || assignment.starts_with(key + "."))
        throw options.fail(concat("nothing reads ", path, ", which --set gives"));
}

void write_component(const init_arguments& chosen, const console& out, const fs::path& folder,
                     const std::string& name, const std::string& class_name, const json& options) {
  make_folder(folder);
  write_json(folder / config_file_name(name), options);
  const config read(options,
                    chosen.config_file.empty() ? concat("preset ", chosen.preset) : chosen.config_file);
  if (name == "scheduler") {
    make_scheduler(class_name, read);
    return expect_sets_read(chosen.sets, name, read);
  }
  const auto part = build(class_name, read);
  expect_sets_read(chosen.sets, name, read);
  generator random = generator::for_purpose(chosen.seed, "init " + name);
  out.note(concat(name, ": ", with_commas(part->parameter_count()), " parameters"));
  const int64_t tensors = static_cast<int64_t>(part->slots().size());
  progress bar(progress_style(chosen.quiet), name, "tensor");
  write_fresh_weights(*part, folder / weight_file_name(name), random, parse_precision(chosen.precision),
                      [&](int64_t done) {
                        bar.update(done, tensors);
                        stop_if_interrupted();
                      });
}

void write_model(const init_arguments& chosen, const console& out, const model_preset& preset,
                 const fs::path& folder) {
  fs::path tokenizer = chosen.tokenizer;
  if (tokenizer.empty()) {
    const auto demo = find_demo_model();
    ZT_CHECK(demo, usage, "init: no tokenizer to copy; give --tokenizer DIR");
    tokenizer = *demo / "tokenizer";
  }
  for (const auto& [name, options] : preset.components) {
    in_context(name, [&] {
      write_component(chosen, out, folder / name, name, preset.index.at(name).at(1), options);
      if (name.starts_with("text_encoder"))
        copy_tokenizer(tokenizer, folder / ("tokenizer" + name.substr(12)), options);
    });
  }
  if (!preset.generation.is_null()) write_json(folder / "generation_config.json", preset.generation);
  write_json(folder / "model_index.json", preset.index);
}

void write_single_component(const init_arguments& chosen, const console& out, const model_preset& preset,
                            const fs::path& folder) {
  const auto& [name, options] = preset.components.front();
  in_context(name, [&, &name = name, &options = options] {
    write_component(chosen, out, folder, name, options.at("_class_name"), options);
  });
}

void run(const init_arguments& chosen, console& out) {
  out.quiet = chosen.quiet;
  fs::path folder = fs::path(chosen.folder).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  const model_preset preset = chosen_preset(chosen);
  atomic_folder output(folder);
  if (preset.index.is_null())
    write_single_component(chosen, out, preset, output.part_path());
  else
    write_model(chosen, out, preset, output.part_path());
  output.commit();
  out.print(folder.string());
}

}  // namespace

void add_init(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<init_arguments>();
  CLI::App* command = program.add_subcommand(
      "init", "makes a model directory, or a ControlNet's, of random weights, of any shape");
  command->add_option("folder", chosen->folder, "where; must not exist or be empty")->required();
  command->add_option("--preset", chosen->preset, "a complete configuration (zoetrope list presets)")
      ->type_name("NAME");
  command
      ->add_option("--config", chosen->config_file,
                   "JSON or YAML: what differs from the preset, part by part, as in --set")
      ->type_name("FILE");
  command->add_option("--set", chosen->sets, "one difference, e.g. unet.layers_per_block=1")
      ->type_name("PART.KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--tokenizer", chosen->tokenizer,
                   "folder of the tokenizer to copy; default: the demo model's")
      ->type_name("DIR");
  command->add_option("--precision", chosen->precision, "of the files: f32, f16 or bf16")
      ->type_name("TYPE")
      ->capture_default_str();
  command->add_option("--seed", chosen->seed, "of the weights")->type_name("N")->capture_default_str();
  command->add_flag("-q,--quiet", chosen->quiet, "no notes, no progress");
  command->callback([chosen, &context] { run(*chosen, context.out); });
}

}  // namespace zoetrope
