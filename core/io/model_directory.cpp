// See model_directory.hpp.
#include "core/io/model_directory.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/io/component_class.hpp"
#include "core/io/confined_folder.hpp"
#include "core/io/model_cache.hpp"
#include "core/name_messages.hpp"

namespace zoetrope {
namespace {

constexpr std::size_t most_shards = 1000, most_told = 20;

// The two forms in which a component's weights lie in its folder.
struct weight_names {
  std::string single, index;
};

std::vector<weight_names> weight_candidates(const std::string& variant) {
  ZT_CHECK(variant.empty() || is_plain_name(variant), bad_input, "variant '", printable(variant),
           "' is not a plain name");
  std::vector<weight_names> all;
  for (const std::string& infix :
       variant.empty() ? std::vector<std::string>{""} : std::vector<std::string>{"." + variant, ""})
    for (const char* stem : {"diffusion_pytorch_model", "model"})
      all.push_back(
          {stem + infix + ".safetensors", stem + std::string(".safetensors.index") + infix + ".json"});
  return all;
}

std::filesystem::path relative_folder(const model_component& component) {
  return component.folder == component.root ? std::filesystem::path()
                                            : component.folder.lexically_relative(component.root);
}

error no_weights(const model_component& component) {
  std::vector<std::string> names, pickles;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(component.folder, ignored)) {
    const std::string extension = entry.path().extension().string();
    const bool pickle =
        extension == ".bin" || extension == ".ckpt" || extension == ".pt" || extension == ".pth";
    auto& list = pickle ? pickles : names;
    if (list.size() < most_told) list.push_back(printable(entry.path().filename().string()));
  }
  std::sort(names.begin(), names.end());
  std::sort(pickles.begin(), pickles.end());
  const std::string where = printable(component.folder.string()) + ": ";
  if (!pickles.empty())
    return error(
        error_kind::bad_input,
        concat(where, "no safetensors weights, only ", joined(pickles),
               ": pickles can run code and are never loaded; convert first (in Python: load the model, then "
               "save_pretrained(…, safe_serialization=True))"));
  return error(
      error_kind::bad_input,
      concat(where,
             "no weights; wanted diffusion_pytorch_model.safetensors or model.safetensors, or either with "
             ".index.json, got ",
             names.empty() ? "nothing" : joined(names)));
}

void tell(const std::vector<std::string>& names, const std::string& where, const std::string& what) {
  ZT_CHECK(names.empty(), bad_input, where, ": ", names.size(), " ", what, ": ", first_names(names));
}

// {"metadata": {…}, "weight_map": {tensor name: shard file}}; total_size is not believed, the shards
// themselves are.
std::vector<safetensors_file> open_shards(const confined_folder& root, const std::filesystem::path& folder,
                                          const std::string& index_name) {
  const std::string where = printable((root.root() / folder / index_name).string());
  const json index = parse_json(root.read_text(folder / index_name), where, 8);
  ZT_CHECK(index.is_object() && index.contains("weight_map") && index["weight_map"].is_object(), bad_input,
           where, ": wanted an object with an object 'weight_map'");
  std::map<std::string, std::size_t> numbers;
  for (const auto& item : index["weight_map"].items()) {
    ZT_CHECK(item.value().is_string(), bad_input, where, ": weight_map: '", printable(item.key()),
             "' is no file name");
    const auto& shard = item.value().get_ref<const std::string&>();
    ZT_CHECK(is_plain_name(shard) && shard.ends_with(".safetensors"), bad_input, where, ": weight_map: '",
             printable(item.key()), "': shard '", printable(shard),
             "' is not a plain name that ends in .safetensors");
    numbers.emplace(shard, 0);
  }
  ZT_CHECK(!numbers.empty() && numbers.size() <= most_shards, bad_input, where, ": ", numbers.size(),
           " shards, wanted 1 to ", most_shards);

  std::vector<safetensors_file> shards;
  for (auto& [name, number] : numbers) {
    number = shards.size();
    ZT_CHECK(root.has(folder / name), bad_input, where, ": shard ", printable(name), " is missing");
    shards.push_back(safetensors_file::open(root.map(folder / name)));
  }
  std::vector<std::string> absent, repeated;
  for (const auto& item : index["weight_map"].items())
    if (!shards[numbers[item.value()]].find(item.key())) absent.push_back(printable(item.key()));
  std::map<std::string, std::size_t> home;
  for (std::size_t i = 0; i < shards.size(); ++i)
    for (const stored_tensor& tensor : shards[i].tensors())
      if (!home.emplace(tensor.name, i).second) repeated.push_back(printable(tensor.name));
  tell(absent, where, "tensors are not in the shard that the index names");
  tell(repeated, where, "tensors are in two shards");
  return shards;
}

}  // namespace

model_component model_component::open(const std::filesystem::path& folder) {
  const confined_folder root(folder);
  model_component component{root.root().filename().string(), "", "", root.root(), root.root()};
  component.class_name = class_in(component.read_config());
  return component;
}

config model_component::read_config() const {
  for (const char* file_name : {"config.json", "scheduler_config.json", "tokenizer_config.json"})
    if (has_file(file_name)) {
      const std::string source = (folder / file_name).string();
      json value = parse_json(read_text(file_name), source);
      ZT_CHECK(value.is_object(), bad_input, printable(source), ": wanted an object, got ",
               value.type_name());
      return config(std::move(value), source);
    }
  throw error(
      error_kind::bad_input,
      concat(printable(folder.string()), ": no config.json, scheduler_config.json or tokenizer_config.json"));
}

bool model_component::has_file(const std::string& file_name) const {
  return confined_folder(root).has(relative_folder(*this) / file_name);
}

std::string model_component::read_text(const std::string& file_name) const {
  return confined_folder(root).read_text(relative_folder(*this) / file_name);
}

bool model_component::has_weights(const std::string& variant) const {
  const auto names = weight_candidates(variant);
  return std::any_of(names.begin(), names.end(),
                     [&](const weight_names& name) { return has_file(name.single) || has_file(name.index); });
}

std::vector<safetensors_file> model_component::open_weights(const std::string& variant) const {
  const confined_folder confined(root);
  const auto inside = relative_folder(*this);
  for (const weight_names& names : weight_candidates(variant)) {
    if (confined.has(inside / names.single))
      return {safetensors_file::open(confined.map(inside / names.single))};
    if (confined.has(inside / names.index)) return open_shards(confined, inside, names.index);
  }
  throw no_weights(*this);
}

model_directory model_directory::open(const std::string& path_or_name) {
  const bool here = std::filesystem::exists(path_or_name);
  ZT_CHECK(here || is_hub_name(path_or_name), bad_input,
           path_or_name.empty() ? "a model named ''" : printable(path_or_name), ": no such folder");
  const confined_folder folder(here ? std::filesystem::path(path_or_name)
                                    : find_cached_snapshot(path_or_name));
  const std::string where = printable(folder.root().string());
  ZT_CHECK(folder.has("model_index.json"), bad_input, where, ": no model_index.json",
           folder.has("config.json") ? "; this is a single component, wanted the directory around it" : "");

  model_directory directory;
  directory.root_ = folder.root();
  directory.index_ = parse_json(folder.read_text("model_index.json", 1u << 20), where + "/model_index.json");
  ZT_CHECK(directory.index_.is_object(), bad_input, where, "/model_index.json: wanted an object");
  // "name": [library, class]; null for a part that is left out; anything else is an option of the pipeline.
  for (const auto& item : directory.index_.items()) {
    const json& value = item.value();
    if (item.key().starts_with('_') || !value.is_array() || value.size() != 2 || !value[1].is_string())
      continue;
    ZT_CHECK(is_plain_name(item.key()), bad_input, where, "/model_index.json: component '",
             printable(item.key()), "' is not a plain name");
    directory.components_.push_back({item.key(), value[0].is_string() ? value[0].get<std::string>() : "",
                                     value[1].get<std::string>(), directory.root_ / item.key(),
                                     directory.root_});
  }
  return directory;
}

bool model_directory::has(const std::string& name) const {
  return std::any_of(components_.begin(), components_.end(),
                     [&](const auto& part) { return part.name == name; });
}

const model_component& model_directory::component(const std::string& name) const {
  std::vector<std::string> known;
  for (const model_component& part : components_) {
    if (part.name == name) return part;
    known.push_back(printable(part.name));
  }
  throw error(error_kind::bad_input, concat(printable(root_.string()), ": no component '", printable(name),
                                            "' (it has: ", joined(known), ")"));
}

config model_directory::generation_defaults() const {
  const confined_folder folder(root_);
  const std::string source = (root_ / "generation_config.json").string();
  if (!folder.has("generation_config.json")) return config(json::object(), source);
  json value = parse_json(folder.read_text("generation_config.json", 1u << 20), source);
  ZT_CHECK(value.is_object(), bad_input, printable(source), ": wanted an object, got ", value.type_name());
  return config(std::move(value), source);
}

}  // namespace zoetrope
