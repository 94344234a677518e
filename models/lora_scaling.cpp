// See lora_scaling.hpp.
#include "models/lora_scaling.hpp"

#include <algorithm>
#include <cmath>
#include <regex>

#include "core/error.hpp"

namespace zoetrope {

namespace {

constexpr const char* components[] = {"unet", "text_encoder", "text_encoder_2"};

// PEFT's patterns are regular expressions for a layer's path or what follows a dot of it. Nearly all are plain
// names, perhaps between ^ and $, one for each of hundreds of layers: those are compared as text.
std::function<bool(const std::string&)> matcher_of(const std::string& pattern) {
  std::string name = pattern;
  const bool whole = name.starts_with('^');
  if (whole) name.erase(0, 1);
  if (name.ends_with('$')) name.pop_back();
  if (name.find_first_of("\\*+?()[]{}|^$") == std::string::npos)
    return [=](const std::string& path) { return path == name || (!whole && path.ends_with("." + name)); };
  try {
    return [expression = std::regex("(?:.*\\.)?(?:" + pattern + ")$")](const std::string& path) {
      return std::regex_match(path, expression);
    };
  } catch (const std::regex_error&) {
    throw error(error_kind::bad_input,
                concat("alpha_pattern: '", printable(pattern), "' is no regular expression known here"));
  }
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
    for (const char* component : components) read(found->second, concat(component, "."), source, component);
    return;
  }
  const std::filesystem::path beside = file.path().parent_path() / "adapter_config.json";
  if (!is_peft_state(file) || !std::filesystem::exists(beside)) return;
  const std::string text = read_text_file(beside, most_bytes);
  for (const char* component : components) read(text, "", beside.string(), component);
}

void lora_scaling::read(const std::string& text, const std::string& prefix, const std::string& source,
                        const std::string& component) {
  const json tree = parse_json(text, source);
  ZT_CHECK(tree.is_object(), bad_input, printable(source), ": wanted an object, got ", tree.type_name());
  const config whole(tree, source);
  options& read = by_component_[component];
  read.alpha = whole.get_optional<double>(prefix + "lora_alpha");
  read.by_root_of_rank = whole.get(prefix + "use_rslora", false);
  if (whole.get(prefix + "use_dora", false))
    throw whole.at(prefix + "use_dora").fail("DoRA, wanted plain LoRA");
  const config patterns = whole.child(prefix + "alpha_pattern");
  if (patterns.keys().empty()) return;
  // In the file's order, which `json` does not keep.
  const auto ordered = nlohmann::ordered_json::parse(text);
  for (const auto& [pattern, value] : ordered.at(prefix + "alpha_pattern").items())
    read.patterns.emplace_back(matcher_of(pattern), patterns.get<double>(pattern));
}

double lora_scaling::factor(const lora_layer& layer, int64_t rank, std::optional<double> alpha) const {
  const auto found = by_component_.find(layer.component);
  const options none, &given = found == by_component_.end() ? none : found->second;
  if (!alpha) alpha = given.alpha;
  const auto first = std::find_if(given.patterns.begin(), given.patterns.end(),
                                  [&](const auto& pattern) { return pattern.first(layer.path); });
  if (first != given.patterns.end()) alpha = first->second;
  if (!alpha) return 1.0;
  const auto width = static_cast<double>(rank);
  return *alpha / (given.by_root_of_rank ? std::sqrt(width) : width);
}

}  // namespace zoetrope
