// See model_folder.hpp.
#include "training/model_folder.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/atomic_folder.hpp"
#include "core/tensor/weight_source.hpp"
#include "core/tensor/weights.hpp"
#include "models/block_parts.hpp"
#include "training/name_patterns.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

constexpr const char* tokenizer_files[] = {
    "vocab.json",           "merges.txt", "tokenizer.json", "added_tokens.json", "special_tokens_map.json",
    "tokenizer_config.json"};

std::map<std::string, module*> parts_of(const text_to_video_model& model) {
  return {{"text_encoder", model.text_encoder.get()},
          {"text_encoder_2", model.text_encoder_2.get()},
          {"unet", model.unet.get()},
          {"vae", model.vae.get()}};
}

void own_memory(module& part) {
  for (const parameter_slot& slot : part.slots()) *slot.tensor = slot.tensor->clone();
}

void write_json(const fs::path& file, const json& tree) { write_text_file(file, tree.dump(2) + "\n"); }

void write_part(const module& part, const fs::path& file, at::ScalarType dtype) {
  tensor_map tensors;
  for (const auto& [name, tensor] : state_of(part))
    tensors.emplace(name,
                    tensor.detach().to(at::kCPU, tensor.is_floating_point() ? dtype : tensor.scalar_type()));
  save_tensors(file, tensors, {{"format", "pt"}});
}

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  make_folder(to);
  for (const char* name : tokenizer_files)
    if (fs::exists(from / name)) write_text_file(to / name, read_text_file(from / name));
}

}  // namespace

model_description describe_model(const fs::path& directory) {
  const model_directory opened = model_directory::open(directory.string());
  model_description found;
  found.configs.index = opened.index();
  for (const model_component& each : opened.components())
    if (!each.name.starts_with("tokenizer"))
      found.configs.components.emplace_back(each.name, each.read_config().value());
  const json defaults = opened.generation_defaults().value();
  if (!defaults.empty()) found.configs.generation = defaults;
  found.tokenizer = opened.component("tokenizer").folder;
  found.tokenizer_2 = opened.component("tokenizer_2").folder;
  return found;
}

training_model fresh_model(const model_description& description, uint64_t seed, at::Device device) {
  const auto options = [&](const char* name) { return config(description.configs.component(name), name); };
  text_to_video_model model;
  model.tokenizer = std::make_unique<clip_tokenizer>(description.tokenizer);
  model.tokenizer_2 = std::make_unique<clip_tokenizer>(description.tokenizer_2);
  model.text_encoder = std::make_unique<clip_text_encoder>(options("text_encoder"));
  model.text_encoder_2 = std::make_unique<clip_text_encoder>(options("text_encoder_2"));
  model.unet = std::make_unique<unet3d>(options("unet"));
  model.vae = std::make_unique<autoencoder_kl>(options("vae"));
  for (const auto& [name, part] : parts_of(model)) {
    generator random = generator::for_purpose(seed, concat("init ", name));
    part->initialize(random);
  }
  model.scheduler_class = description.configs.index.at("scheduler").at(1);
  model.scheduler_config = description.configs.component("scheduler");
  model.force_zeros_for_empty_prompt = description.configs.index.value("force_zeros_for_empty_prompt", true);
  model.device = device;
  return {std::move(model), description};
}

void set_scheduler(training_model& model, const std::string& class_name, const json& options) {
  model.parts.scheduler_class = class_name;
  model.parts.scheduler_config = options;
  model.description.configs.index.at("scheduler").at(1) = class_name;
  model.description.configs.component("scheduler") = options;
}

void scale_weights(const training_model& model, const std::string& pattern, double factor) {
  bool found = false;
  for (const auto& [name, part] : parts_of(model.parts))
    for (const parameter_slot& slot : part->slots())
      if (matches(pattern, name + "." + slot.name)) {
        slot.tensor->mul_(factor);
        found = true;
      }
  ZT_CHECK(found, usage, "train: no parameter is called ", printable(pattern));
}

training_model load_for_training(const fs::path& directory, const json& changes, at::Device device) {
  model_description description = describe_model(directory);
  text_to_video_model model =
      load_text_to_video_model(model_directory::open(directory.string()), {.unet_changes = changes});
  lay_over(description.configs.component("unet"), changes);
  model.sources.clear();
  for (const auto& [name, part] : parts_of(model)) own_memory(*part);
  model.device = device;
  return {std::move(model), std::move(description)};
}

void load_unet(training_model& model, const fs::path& directory) {
  const fs::path folder = fs::is_directory(directory / "unet") ? directory / "unet" : directory;
  unet3d& unet = *model.parts.unet;
  load_weights(unet, model_component::open(folder).open_weights(), {},
               renaming([&](const std::string& key) { return unet.canonical_key(key); }));
  own_memory(unet);
}

void save_model(const training_model& model, const fs::path& folder, at::ScalarType dtype) {
  ZT_CHECK(is_free_folder(folder), runtime, folder.string(), ": exists and is not an empty folder");
  const std::map<std::string, module*> parts = parts_of(model.parts);
  const model_description& description = model.description;
  for (const auto& [name, options] : description.configs.components) {
    make_folder(folder / name);
    write_json(folder / name / config_file_name(name), options);
    if (const auto part = parts.find(name); part != parts.end())
      write_part(*part->second, folder / name / weight_file_name(name), dtype);
  }
  copy_tokenizer(description.tokenizer, folder / "tokenizer");
  copy_tokenizer(description.tokenizer_2, folder / "tokenizer_2");
  if (!description.configs.generation.is_null())
    write_json(folder / "generation_config.json", description.configs.generation);
  write_json(folder / "model_index.json", description.configs.index);
}

}  // namespace zoetrope
