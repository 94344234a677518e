// See lora_keys.hpp.
#include "models/lora_keys.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "models/checkpoint_keys.hpp"
#include "models/layers.hpp"
#include "models/lora_layout.hpp"
#include "models/motion_keys.hpp"

namespace zoetrope {

namespace {

struct foreign_kind {
  const char *mark, *name;
};
// What other ways of changing a weight call their tensors.
constexpr foreign_kind foreign_kinds[] = {
    {"lora_magnitude_vector", "DoRA"},
    {"dora_scale", "DoRA"},
    {"hada_", "LoHa (Hadamard product)"},
    {"lokr_", "LoKr (Kronecker product)"},
    {"lora_mid.", "LoCon with a Tucker core"},
    {"oft_", "OFT (orthogonal fine-tuning)"},
    {"ia3.", "IA3"},
    {"lora_embedding_", "LoRA of an embedding table"},
    {"lora_B.bias", "LoRA with a bias"},
    {"lora_up.bias", "LoRA with a bias"},
    {".diff_b", "full difference of a bias"},
    {".diff", "full difference of a weight"},
    {"bundle_emb.", "textual inversion"},
    {"emb_params", "textual inversion"},
};

struct ending {
  const char* text;
  lora_tensor tensor;
};
constexpr ending endings[] = {
    {".lora_linear_layer.down.weight", lora_tensor::down},
    {".lora_linear_layer.up.weight", lora_tensor::up},
    {".lora_down.weight", lora_tensor::down},
    {".lora_up.weight", lora_tensor::up},
    {".lora.down.weight", lora_tensor::down},
    {".lora.up.weight", lora_tensor::up},
    {"_lora.down.weight", lora_tensor::down},
    {"_lora.up.weight", lora_tensor::up},
    {".lora_A.weight", lora_tensor::down},
    {".lora_B.weight", lora_tensor::up},
    {".lora_A.default.weight", lora_tensor::down},
    {".lora_B.default.weight", lora_tensor::up},
    {".alpha", lora_tensor::alpha},
};

bool take_off_end(std::string& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.resize(text.size() - end.size());
  return true;
}

void cut_out(std::string& text, std::string_view part) {
  if (const std::size_t at = text.find(part); at != std::string::npos) text.erase(at, part.size());
}

// "….self_attn.to_out" of the oldest files -> "….self_attn.out_proj"; "….attn1.to_out" -> "….attn1.to_out.0".
std::string todays_projection(std::string layer) {
  const bool text = layer.find(".self_attn.") != std::string::npos;
  if (!text) return layer.ends_with(".to_out") ? layer + ".0" : layer;
  for (const auto& [old, today] :
       {std::pair("to_q", "q_proj"), {"to_k", "k_proj"}, {"to_v", "v_proj"}, {"to_out", "out_proj"}})
    if (take_off_end(layer, old)) return layer + today;
  return layer;
}

std::string with_underscores(std::string path) {
  std::replace(path.begin(), path.end(), '.', '_');
  return path;
}

void collect_layers(const module& part, std::vector<const module*>& found) {
  for (const auto& [name, child] : part.children()) {
    if (dynamic_cast<const weighted_layer*>(child)) found.push_back(child);
    collect_layers(*child, found);
  }
}

// What kohya's trainer writes for a component; "te" where the model has one text encoder.
std::vector<std::string> kohya_prefixes(const std::string& component) {
  if (component == "unet") return {"lora_unet_"};
  if (component == "text_encoder") return {"lora_te1_", "lora_te_"};
  if (component == "text_encoder_2") return {"lora_te2_"};
  return {};
}

// "….attention_blocks.0.to_out.0" -> "….attention_blocks.0.processor.to_out_lora"
std::string processor_name(const lora_layer& layer) {
  std::string name = layer.component == "unet" ? animatediff_name(layer.path) : "";
  take_off_end(name, ".0");
  const std::size_t projection = name.rfind('.');
  ZT_CHECK(
      name.find(".attention_blocks.") != std::string::npos && name.find(".to_", projection) == projection,
      usage, "AnimateDiff's layout holds projections of temporal attentions alone, not ", layer.component,
      ".", layer.path);
  return concat(name.substr(0, projection), ".processor", name.substr(projection), "_lora");
}

}  // namespace

const registry<lora_layout>& lora_layouts() {
  static const registry<lora_layout> table(
      "LoRA layout", {{"diffusers", lora_layout::diffusers, "pytorch_lora_weights.safetensors"},
                      {"peft", lora_layout::peft, "adapter_model.safetensors, of one component"},
                      {"kohya", lora_layout::kohya, "lora_unet_….lora_down.weight"},
                      {"animatediff", lora_layout::animatediff, "Motion LoRA: ….processor.to_q_lora"}});
  return table;
}

std::string lora_key_of(lora_layout layout, const lora_layer& layer, lora_tensor tensor) {
  const bool up = tensor == lora_tensor::up, alpha = tensor == lora_tensor::alpha;
  const std::string down_or_up = up ? "up.weight" : "down.weight", a_or_b = up ? "B.weight" : "A.weight";
  switch (layout) {
    case lora_layout::peft:
      ZT_CHECK(layer.component == "unet", usage, "PEFT's layout holds one component, the UNet, not ",
               layer.component, ".", layer.path);
      return concat("base_model.model.", layer.path, alpha ? ".alpha" : ".lora_" + a_or_b);
    case lora_layout::kohya:
      return concat(kohya_prefixes(layer.component).front(), with_underscores(layer.path),
                    alpha ? ".alpha" : ".lora_" + down_or_up);
    case lora_layout::animatediff:
      return concat(processor_name(layer), ".", alpha ? "alpha" : down_or_up);
    case lora_layout::diffusers:
      break;
  }
  return concat(layer.component, ".", layer.path, alpha ? ".alpha" : ".lora_" + a_or_b);
}

lora_key parse_lora_key(const std::string& key) {
  for (const foreign_kind& kind : foreign_kinds)
    ZT_CHECK(key.find(kind.mark) == std::string::npos, bad_input, "key '", printable(key), "' is ", kind.name,
             "; wanted plain LoRA (down, up and alpha)");
  std::string layer = key;
  cut_out(layer, "base_model.model.");
  for (const ending& candidate : endings) {
    if (!take_off_end(layer, candidate.text)) continue;
    take_off_end(layer, "_lora");  // alpha of an attention processor
    cut_out(layer, ".processor");
    return {todays_projection(std::move(layer)), candidate.tensor};
  }
  throw error(error_kind::bad_input,
              concat("key '", printable(key),
                     "' is of no LoRA layout known here (known: lora_A and lora_B, lora_down "
                     "and lora_up, lora.down and lora.up, lora_linear_layer, to_q_lora)"));
}

lora_layer_names::lora_layer_names(const lora_parts& parts) {
  for (const auto& [component, part] : parts) {
    std::vector<const module*> found;
    collect_layers(*part, found);
    for (const module* layer : found) add({component, layer->path()});
    if (component != "unet") continue;
    for (const auto& [original, path] : original_unet_layers(*part)) {
      const auto layer = layers_.find("unet." + path);
      if (layer == layers_.end()) continue;  // a norm
      const lora_layer known = layer->second;
      layers_.emplace("diffusion_model." + original, known);
      layers_.emplace("lora_unet_" + with_underscores(original), known);
    }
  }
}

void lora_layer_names::add(const lora_layer& layer) {
  layers_.emplace(layer.component + "." + layer.path, layer);
  if (layer.component == "unet") layers_.emplace(layer.path, layer);  // a file of the UNet alone
  for (const std::string& name : {animatediff_name(layer.path), motion_adapter_name(layer.path)})
    if (!name.empty()) {
      layers_.emplace(name, layer);
      layers_.emplace(layer.component + "." + name, layer);
    }
  for (const std::string& prefix : kohya_prefixes(layer.component))
    layers_.emplace(prefix + with_underscores(layer.path), layer);
  // transformers 5 leaves this out of CLIPTextModel.
  if (const std::string_view head = "text_model."; layer.path.starts_with(head))
    layers_.emplace(layer.component + "." + layer.path.substr(head.size()), layer);
}

const lora_layer* lora_layer_names::find(const std::string& name) const {
  const auto found = layers_.find(name);
  return found == layers_.end() ? nullptr : &found->second;
}

}  // namespace zoetrope
