// See lora_scaling.hpp.
#include "models/lora_scaling.hpp"

#include <cmath>

#include "core/error.hpp"

namespace zoetrope {

namespace {

constexpr const char* components[] = {"unet", "text_encoder", "text_encoder_2"};

// PEFT's patterns are regular expressions; those that are written are names, perhaps between ^ and $.
bool matches(std::string pattern, const std::string& path) {
  const bool whole = pattern.starts_with('^');
  if (whole) pattern.erase(0, 1);
  if (pattern.ends_with('$')) pattern.pop_back();
  return path == pattern || (!whole && path.ends_with("." + pattern));
}

bool is_peft_state(const safetensors_file& file) {
  for (const stored_tensor& stored : file.tensors())
    if (stored.name.starts_with("base_model.model.")) return true;
  return false;
}

}  // namespace

lora_scaling::lora_scaling(const safetensors_file& file) {
  constexpr std::size_t most_bytes = 1u << 20;
  constexpr const char* header_key = "lora_adapter_metadata";
  if (const auto found = file.metadata().find(header_key); found != file.metadata().end()) {
    const std::string source = concat(file.path().filename().string(), " ", header_key);
    const json tree = parse_json(found->second, source);
    for (const char* component : components) read(tree, concat(component, "."), source, component);
    return;
  }
  const std::filesystem::path beside = file.path().parent_path() / "adapter_config.json";
  if (!is_peft_state(file) || !std::filesystem::exists(beside)) return;
  const json tree = parse_json(read_text_file(beside, most_bytes), beside.string());
  for (const char* component : components) read(tree, "", beside.string(), component);
}

void lora_scaling::read(const json& tree, const std::string& prefix, const std::string& source,
                        const std::string& component) {
  ZT_CHECK(tree.is_object(), bad_input, printable(source), ": wanted an object, got ", tree.type_name());
  const config whole(tree, source);
  options& read = by_component_[component];
  read.alpha = whole.get_optional<double>(prefix + "lora_alpha");
  read.by_root_of_rank = whole.get(prefix + "use_rslora", false);
  if (whole.get(prefix + "use_dora", false))
    throw whole.at(prefix + "use_dora").fail("DoRA, wanted plain LoRA");
  const config patterns = whole.child(prefix + "alpha_pattern");
  for (const std::string& name : patterns.keys()) read.alpha_of[name] = patterns.get<double>(name);
}

double lora_scaling::factor(const lora_layer& layer, int64_t rank, std::optional<double> alpha) const {
  const auto found = by_component_.find(layer.component);
  const options none, &given = found == by_component_.end() ? none : found->second;
  if (!alpha) alpha = given.alpha;
  for (const auto& [pattern, value] : given.alpha_of)
    if (matches(pattern, layer.path)) alpha = value;
  if (!alpha) return 1.0;
  const auto width = static_cast<double>(rank);
  return *alpha / (given.by_root_of_rank ? std::sqrt(width) : width);
}

}  // namespace zoetrope
