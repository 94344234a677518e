// See checkpoint_keys.hpp. Facts: ldm/modules/diffusionmodules/{openaimodel,model}.py,
// open_clip/transformer.py.
#include "models/checkpoint_keys.hpp"

#include "core/error.hpp"

namespace zoetrope {

namespace {

using renames = std::map<std::string, std::string>;  // a layer within its block: ours -> original

const renames& unet_resnet() {
  static const renames names = {{"norm1", "in_layers.0"},          {"conv1", "in_layers.2"},
                                {"time_emb_proj", "emb_layers.1"}, {"norm2", "out_layers.0"},
                                {"conv2", "out_layers.3"},         {"conv_shortcut", "skip_connection"}};
  return names;
}
const renames& two_linears() {
  static const renames names = {{"linear_1", "0"}, {"linear_2", "2"}};
  return names;
}
const renames& vae_resnet_names() {
  static const renames names = {{"conv_shortcut", "nin_shortcut"}};
  return names;
}
const renames& vae_attention_names() {
  static const renames names = {
      {"group_norm", "norm"}, {"to_q", "q"}, {"to_k", "k"}, {"to_v", "v"}, {"to_out.0", "proj_out"}};
  return names;
}

class name_collector {
 public:
  explicit name_collector(const module& root) : root_(root) {}

  /// The block at `path` is called `original`; false if there is no such block.
  bool add(const std::string& path, const std::string& original, const renames& inner = {}) {
    const module* block = root_.find_child(path);
    if (!block) return false;
    for (const parameter_slot& slot : block->slots()) {
      const std::size_t dot = slot.name.rfind('.');
      const std::string layer = dot == std::string::npos ? "" : slot.name.substr(0, dot);
      const auto renamed = inner.find(layer);
      const std::string& theirs = renamed == inner.end() ? layer : renamed->second;
      names_[theirs.empty() ? original : original + "." + theirs] = layer.empty() ? path : path + "." + layer;
    }
    return true;
  }
  std::size_t children_of(const std::string& path) const {
    const module* list = root_.find_child(path);
    return list ? list->children().size() : 0;
  }
  layer_names take() { return std::move(names_); }

 private:
  const module& root_;
  layer_names names_;
};

// Each resnet with its transformer has a number, and so has each downsampler.
void add_down_blocks(name_collector& names) {
  std::size_t number = 1;
  for (std::size_t i = 0; i < names.children_of("down_blocks"); ++i) {
    const std::string block = concat("down_blocks.", i);
    for (std::size_t j = 0; j < names.children_of(block + ".resnets"); ++j, ++number) {
      names.add(concat(block, ".resnets.", j), concat("input_blocks.", number, ".0"), unet_resnet());
      names.add(concat(block, ".attentions.", j), concat("input_blocks.", number, ".1"));
    }
    if (names.add(block + ".downsamplers.0", concat("input_blocks.", number, ".0"), {{"conv", "op"}}))
      ++number;
  }
}

// An upsampler stands behind the last resnet and transformer of its level, under their number.
void add_up_blocks(name_collector& names) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < names.children_of("up_blocks"); ++i) {
    const std::string block = concat("up_blocks.", i);
    bool attention = false;
    for (std::size_t j = 0; j < names.children_of(block + ".resnets"); ++j, ++number) {
      names.add(concat(block, ".resnets.", j), concat("output_blocks.", number, ".0"), unet_resnet());
      attention = names.add(concat(block, ".attentions.", j), concat("output_blocks.", number, ".1"));
    }
    names.add(block + ".upsamplers.0", concat("output_blocks.", number - 1, attention ? ".2" : ".1"));
  }
}

void add_vae_level(name_collector& names, const std::string& ours, const std::string& theirs) {
  for (std::size_t j = 0; j < names.children_of(ours + ".resnets"); ++j) {
    names.add(concat(ours, ".resnets.", j), concat(theirs, ".block.", j), vae_resnet_names());
    names.add(concat(ours, ".attentions.", j), concat(theirs, ".attn.", j), vae_attention_names());
  }
  names.add(ours + ".downsamplers.0", theirs + ".downsample");
  names.add(ours + ".upsamplers.0", theirs + ".upsample");
}

void add_vae_coder(name_collector& names, const std::string& coder) {
  names.add(coder + ".conv_in", coder + ".conv_in");
  for (const int resnet : {0, 1})
    names.add(concat(coder, ".mid_block.resnets.", resnet), concat(coder, ".mid.block_", resnet + 1),
              vae_resnet_names());
  names.add(coder + ".mid_block.attentions.0", coder + ".mid.attn_1", vae_attention_names());
  names.add(coder + ".conv_norm_out", coder + ".norm_out");
  names.add(coder + ".conv_out", coder + ".conv_out");
}

key_map keys_of(layer_names names) {
  return [names = std::move(names)](const std::string& key) -> std::vector<weight_target> {
    const std::size_t dot = key.rfind('.');
    const auto found = dot == std::string::npos ? names.end() : names.find(key.substr(0, dot));
    return {{.slot = found == names.end() ? key : found->second + key.substr(dot)}};
  };
}

// "in_proj_weight" of 3 c rows -> the weights of q, k and v.
std::vector<weight_target> query_key_value(const std::string& attention, const std::string& tensor) {
  std::vector<weight_target> targets;
  for (const char* projection : {"q_proj", "k_proj", "v_proj"})
    targets.push_back({.slot = concat(attention, ".", projection, ".", tensor),
                       .part = static_cast<int64_t>(targets.size()),
                       .parts = 3});
  return targets;
}

// `rest` is what stands behind "transformer.resblocks.": "0.mlp.c_fc.weight".
std::vector<weight_target> open_clip_layer(const std::string& rest) {
  static const renames layers = {{"ln_1", "layer_norm1"},
                                 {"ln_2", "layer_norm2"},
                                 {"attn.out_proj", "self_attn.out_proj"},
                                 {"mlp.c_fc", "mlp.fc1"},
                                 {"mlp.c_proj", "mlp.fc2"}};
  const std::size_t first = rest.find('.'), last = rest.rfind('.');
  if (first == std::string::npos) return {{.slot = rest}};
  const std::string layer = "text_model.encoder.layers." + rest.substr(0, first),
                    inner = rest.substr(first + 1);
  if (inner == "attn.in_proj_weight") return query_key_value(layer + ".self_attn", "weight");
  if (inner == "attn.in_proj_bias") return query_key_value(layer + ".self_attn", "bias");
  const auto found = last > first ? layers.find(rest.substr(first + 1, last - first - 1)) : layers.end();
  if (found == layers.end()) return {{.slot = rest}};
  return {{.slot = concat(layer, ".", found->second, rest.substr(last))}};
}

std::vector<weight_target> open_clip_targets(const std::string& key) {
  static const renames outside_layers = {
      {"token_embedding.weight", "text_model.embeddings.token_embedding.weight"},
      {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
      {"ln_final.weight", "text_model.final_layer_norm.weight"},
      {"ln_final.bias", "text_model.final_layer_norm.bias"},
      {"text_projection.weight", "text_projection.weight"}};
  const std::string blocks = "transformer.resblocks.";
  if (key.starts_with(blocks)) return open_clip_layer(key.substr(blocks.size()));
  if (key == "logit_scale") return {};
  if (key == "text_projection") return {{.slot = "text_projection.weight", .transposed = true}};
  const auto found = outside_layers.find(key);
  return {{.slot = found == outside_layers.end() ? key : found->second}};
}

}  // namespace

layer_names original_unet_layers(const module& unet) {
  name_collector names(unet);
  names.add("time_embedding", "time_embed", two_linears());
  names.add("add_embedding", "label_emb.0", two_linears());
  names.add("conv_in", "input_blocks.0.0");
  add_down_blocks(names);
  for (std::size_t j = 0; j < names.children_of("mid_block.resnets"); ++j) {
    names.add(concat("mid_block.resnets.", j), concat("middle_block.", 2 * j), unet_resnet());
    names.add(concat("mid_block.attentions.", j), concat("middle_block.", 2 * j + 1));
  }
  add_up_blocks(names);
  names.add("conv_norm_out", "out.0");
  names.add("conv_out", "out.2");
  return names.take();
}

layer_names original_vae_layers(const module& vae) {
  name_collector names(vae);
  add_vae_coder(names, "encoder");
  add_vae_coder(names, "decoder");
  for (std::size_t i = 0; i < names.children_of("encoder.down_blocks"); ++i)
    add_vae_level(names, concat("encoder.down_blocks.", i), concat("encoder.down.", i));
  // The original counts the decoder's levels from the largest image on.
  const std::size_t levels = names.children_of("decoder.up_blocks");
  for (std::size_t i = 0; i < levels; ++i)
    add_vae_level(names, concat("decoder.up_blocks.", i), concat("decoder.up.", levels - 1 - i));
  names.add("quant_conv", "quant_conv");
  names.add("post_quant_conv", "post_quant_conv");
  return names.take();
}

key_map original_unet_keys(const module& unet) { return keys_of(original_unet_layers(unet)); }
key_map original_vae_keys(const module& vae) { return keys_of(original_vae_layers(vae)); }
key_map open_clip_keys() { return open_clip_targets; }

key_map within(std::string prefix, key_map inner) {
  return [prefix = std::move(prefix), inner = std::move(inner)](const std::string& key) {
    return key.starts_with(prefix) ? inner(key.substr(prefix.size())) : std::vector<weight_target>();
  };
}

}  // namespace zoetrope
