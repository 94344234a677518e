// See generation_settings.hpp.
#include "pipelines/generation_settings.hpp"

#include <cmath>
#include <set>

#include "core/json_text.hpp"
#include "models/block_parts.hpp"

namespace zoetrope {

namespace {

template <class T>
void read(const config& layer, const char* key, T& field) {
  field = layer.get(key, field);
}
template <class T>
void read(const config& layer, const char* key, std::optional<T>& field) {
  if (const auto given = layer.get_optional<T>(key)) field = given;
}
void read(const config& layer, const char* key, std::vector<std::string>& field) {
  if (layer.has(key) && layer.at(key).value().is_string())
    field = {layer.get<std::string>(key)};
  else
    field = layer.get(key, field);
}
// A tree of its own, laid over the one there is.
void read(const config& layer, const char* key, json& field) {
  if (!layer.has(key)) return;
  const config node = layer.at(key);
  if (!node.is_object()) throw node.fail("wanted an object");
  lay_over(field, node.value());
}

// diffusers' pipeline arguments -> ours. Pairs go in the order given: Hotshot-XL's is (width, height).
json with_our_names(const config& layer) {
  json tree = layer.value();
  if (!tree.is_object()) throw layer.fail("wanted an object");
  const auto rename = [&](const char* theirs, const char* ours) {
    if (!tree.contains(theirs)) return;
    if (tree.contains(ours)) throw layer.fail(concat("both '", theirs, "' and '", ours, "' are given"));
    tree[ours] = tree[theirs];
    tree.erase(theirs);
  };
  const auto split = [&](const char* pair, const char* first, const char* second) {
    if (!tree.contains(pair)) return;
    const auto both = layer.get<std::vector<int64_t>>(pair);
    if (both.size() != 2) throw layer.fail(concat("'", pair, "' must be two numbers"));
    tree.erase(pair);
    tree[first] = both[0];
    tree[second] = both[1];
  };
  rename("num_inference_steps", "steps");
  rename("num_frames", "video_length");
  rename("crops_coords_top_left", "crops");
  rename("negative_crops_coords_top_left", "negative_crops");
  split("original_size", "og_width", "og_height");
  split("target_size", "target_width", "target_height");
  return tree;
}

template <class T>
json as_json(const T& value) {
  return value;
}
template <class T>
json as_json(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

template <class T>
void check_finite(const char*, const T&) {}
void check_finite(const char* key, double value) {
  ZT_CHECK(std::isfinite(value), usage, "--", key, ": ", value, " is not a finite number");
}
void check_finite(const char* key, const std::optional<double>& value) {
  if (value) check_finite(key, *value);
}

void check_finite(const char* key, const std::vector<double>& values) {
  for (double value : values) check_finite(key, value);
}

// One value for all of `count` things, or one for each.
template <class T>
void check_count(const char* key, const std::vector<T>& values, std::size_t count, const char* things) {
  ZT_CHECK(values.size() == 1 || values.size() == count || count == 0, usage, "--", key, ": ", values.size(),
           " values for ", count, " ", things, "; give one, or one for each");
}

void check_control_window(const generation_settings& settings, std::size_t net) {
  const double start = value_for(settings.control_guidance_start, net),
               end = value_for(settings.control_guidance_end, net);
  ZT_CHECK(start >= 0 && end <= 1 && start <= end, usage, "--control_guidance_start ", start,
           ", --control_guidance_end ", end, ": wanted 0 <= start <= end <= 1");
}

void check_control(const generation_settings& settings) {
  ZT_CHECK(
      settings.control_type.empty() || settings.control_type == "canny" || settings.control_type == "depth",
      usage, "--control_type: '", printable(settings.control_type), "' is not canny or depth");
  ZT_CHECK(settings.control_type.empty() || settings.controlnet.empty(), usage,
           "--control_type and --controlnet both choose a ControlNet: give one of them");
  const std::size_t nets = settings.control_type.empty() ? settings.controlnet.size() : 1;
  ZT_CHECK(settings.gif.size() == nets, usage, "--gif: ", settings.gif.size(), " given for ", nets,
           " ControlNets; each needs one (--controlnet or --control_type chooses them)");
  check_count("preprocessor", settings.preprocessor, nets, "ControlNets");
  check_count("controlnet_conditioning_scale", settings.controlnet_conditioning_scale, nets, "ControlNets");
  check_count("control_guidance_start", settings.control_guidance_start, nets, "ControlNets");
  check_count("control_guidance_end", settings.control_guidance_end, nets, "ControlNets");
  for (std::size_t i = 0; i < nets; ++i) check_control_window(settings, i);
  ZT_CHECK(!settings.guess_mode || nets > 0, usage, "--guess_mode: there is no --controlnet");
}

void check_source(const generation_settings& settings) {
  ZT_CHECK(settings.mask.empty() || !settings.init_video.empty(), usage, "--mask: there is no --init_video");
  ZT_CHECK(!settings.strength || !settings.init_video.empty() || !settings.init_image.empty(), usage,
           "--strength: there is no --init_video or --init_image");
  ZT_CHECK(settings.init_image.empty() || settings.init_video.empty(), usage,
           "--init_image and --init_video: give one of them");
  ZT_CHECK(settings.init_frame.empty() || settings.init_frame.size() == settings.init_image.size(), usage,
           "--init_frame: ", settings.init_frame.size(), " given for ", settings.init_image.size(),
           " --init_image");
  ZT_CHECK(settings.init_image.size() < 2 || !settings.init_frame.empty(), usage,
           "--init_frame: several --init_image need one each");
}

void check_memory(const generation_settings& settings) {
  const auto not_negative = [](const char* key, int64_t value) {
    ZT_CHECK(value >= 0, usage, "--", key, ": ", value, " is not 0 or more");
  };
  not_negative("attention_slice", settings.attention_slice);
  not_negative("feed_forward_chunk", settings.feed_forward_chunk);
  not_negative("vae_tile", settings.vae_tile);
  ZT_CHECK(settings.vae_frames >= 1, usage, "--vae_frames: ", settings.vae_frames, " is not 1 or more");
  ZT_CHECK(settings.vram.empty() || !settings.low_vram_mode, usage,
           "--vram chooses the policies, and so does --low_vram_mode: give one of them");
}

void check_pair(const char* key, const std::vector<int64_t>& pair, bool may_be_absent) {
  ZT_CHECK(pair.size() == 2 || (may_be_absent && pair.empty()), usage, "--", key,
           ": two numbers wanted, got ", pair.size());
}

}  // namespace

bool setting::names_files() const {
  static const std::set<std::string_view> units{"DIR", "FILE", "PATH"};
  return units.count(unit) > 0;
}

void apply(generation_settings& settings, const config& layer) {
  const config renamed(with_our_names(layer), layer.source());
  for_each_setting(settings, [&](const setting& which, auto& field) { read(renamed, which.key, field); });
  renamed.expect_all_read();
}

void apply_model_defaults(generation_settings& settings, const config& layer) {
  if (!layer.is_object() || layer.size() == 0) return;
  json tree = layer.value();
  const auto not_for_models = [](const setting& which) {
    return which.names_files() || which.traits.user || which.traits.adapts;
  };
  for (const std::string& key : keys_of_settings(not_for_models))
    if (tree.contains(key)) throw layer.fail(concat("'", key, "' is not for a model to choose"));
  for (const std::string& key : layer.keys())
    if (key.starts_with("_")) tree.erase(key);  // _class_name and its like say what wrote the file
  settings.scheduler = "default";
  apply(settings, config(std::move(tree), layer.source()));
}

void check(const generation_settings& settings) {
  for_each_setting(settings,
                   [&](const setting& which, const auto& field) { check_finite(which.key, field); });
  ZT_CHECK(settings.compat.empty() || settings.compat == "hotshot", usage, "--compat: '",
           printable(settings.compat), "' is not known (known: hotshot)");
  static const std::set<std::string> types{"", "auto", "f32", "f16", "bf16"};
  ZT_CHECK(!settings.precision.empty() && types.count(settings.precision), usage, "--precision: '",
           printable(settings.precision), "' is not auto, f32, f16 or bf16");
  ZT_CHECK(settings.autocast.empty() || settings.autocast == "f16" || settings.autocast == "bf16", usage,
           "--autocast: '", printable(settings.autocast), "' is not f16 or bf16");
  ZT_CHECK(settings.threads >= 0 && settings.threads <= 4096, usage, "--threads: ", settings.threads,
           " is not 0 to 4096");
  ZT_CHECK(settings.batch >= 1 && settings.batch <= 4096, usage, "--batch: ", settings.batch,
           " is not 1 to 4096");
  ZT_CHECK(settings.output_scale >= 1 && settings.output_scale <= 64, usage,
           "--output_scale: ", settings.output_scale, " is not 1 to 64");
  ZT_CHECK(settings.video_duration >= 1 && settings.video_duration <= 3'600'000, usage,
           "--video_duration: ", settings.video_duration, " is not 1 to 3600000 milliseconds");
  ZT_CHECK(!settings.output.empty(), usage, "--output: the path is empty");
  check_pair("crops", settings.crops, false);
  check_pair("negative_original_size", settings.negative_original_size, true);
  check_pair("negative_target_size", settings.negative_target_size, true);
  check_pair("negative_crops", settings.negative_crops, true);
  check_count("lora_scale", settings.lora_scale, settings.lora.size(), "LoRAs");
  ZT_CHECK(!settings.lora_beside || !settings.lora.empty(), usage, "--lora_beside: there is no --lora");
  check_control(settings);
  check_source(settings);
  check_memory(settings);
}

json to_json(const generation_settings& settings) {
  json tree = json::object();
  for_each_setting(settings,
                   [&](const setting& which, const auto& field) { tree[which.key] = as_json(field); });
  return tree;
}

std::string config_hash(const generation_settings& settings) {
  json tree = to_json(settings);
  tree.erase("output");
  return config_hash(tree);
}

}  // namespace zoetrope
