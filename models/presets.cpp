// See presets.hpp. The values of hotshot-xl are those of the published configuration files of
// hotshotco/Hotshot-XL and stabilityai/stable-diffusion-xl-base-1.0.
#include "models/presets.hpp"

#include "models/controlnet_presets.hpp"
#include "models/motion_presets.hpp"

namespace zoetrope {

namespace {

// What differs between a large and a small Hotshot-XL.
struct text_sizes {
  std::string activation;
  int hidden, feed_forward, layers, heads, projection, vocabulary, tokens, end_token;
  bool projected;
};

struct hotshot_sizes {
  text_sizes text_1, text_2;
  std::vector<int> unet_channels, unet_heads, transformer_layers;
  std::size_t plain_level;  ///< has no attention to the text
  int unet_layers, unet_groups, time_embedding, unet_sample;
  std::vector<int> vae_channels;
  int vae_layers, vae_groups, vae_sample;
  double scaling_factor;
  bool vae_force_upcast;
};

json text_encoder_config(const text_sizes& text) {
  return {{"architectures", {text.projected ? "CLIPTextModelWithProjection" : "CLIPTextModel"}},
          {"attention_dropout", 0.0},
          {"bos_token_id", text.end_token == 2 ? 0 : text.end_token - 1},
          {"eos_token_id", text.end_token},
          {"hidden_act", text.activation},
          {"hidden_size", text.hidden},
          {"initializer_factor", 1.0},
          {"initializer_range", 0.02},
          {"intermediate_size", text.feed_forward},
          {"layer_norm_eps", 1e-5},
          {"max_position_embeddings", text.tokens},
          {"model_type", "clip_text_model"},
          {"num_attention_heads", text.heads},
          {"num_hidden_layers", text.layers},
          {"pad_token_id", text.end_token == 2 ? 1 : text.end_token},
          {"projection_dim", text.projection},
          {"vocab_size", text.vocabulary}};
}

json unet_config(const hotshot_sizes& sizes) {
  const std::size_t levels = sizes.unet_channels.size();
  std::vector<std::string> down(levels, "CrossAttnDownBlock3D"), up(levels, "CrossAttnUpBlock3D");
  down[sizes.plain_level] = "DownBlock3D";
  up[levels - 1 - sizes.plain_level] = "UpBlock3D";
  return {{"_class_name", "UNet3DConditionModel"},
          {"_diffusers_version", "0.21.4"},
          {"act_fn", "silu"},
          {"addition_embed_type", "text_time"},
          {"addition_time_embed_dim", sizes.time_embedding},
          {"attention_head_dim", sizes.unet_heads},
          {"block_out_channels", sizes.unet_channels},
          {"center_input_sample", false},
          {"cross_attention_dim", sizes.text_1.hidden + sizes.text_2.hidden},
          {"down_block_types", down},
          {"downsample_padding", 1},
          {"flip_sin_to_cos", true},
          {"freq_shift", 0},
          {"in_channels", 4},
          {"layers_per_block", sizes.unet_layers},
          {"mid_block_scale_factor", 1},
          {"mid_block_type", "UNetMidBlock3DCrossAttn"},
          {"norm_eps", 1e-5},
          {"norm_num_groups", sizes.unet_groups},
          {"out_channels", 4},
          // The pooled text, and six size numbers of a sinusoid each.
          {"projection_class_embeddings_input_dim", sizes.text_2.projection + 6 * sizes.time_embedding},
          {"sample_size", sizes.unet_sample},
          {"transformer_layers_per_block", sizes.transformer_layers},
          {"up_block_types", up},
          {"upcast_attention", nullptr},
          {"use_linear_projection", true}};
}

json vae_config(const hotshot_sizes& sizes) {
  const std::size_t levels = sizes.vae_channels.size();
  return {{"_class_name", "AutoencoderKL"},
          {"_diffusers_version", "0.21.4"},
          {"act_fn", "silu"},
          {"block_out_channels", sizes.vae_channels},
          {"down_block_types", std::vector<std::string>(levels, "DownEncoderBlock2D")},
          {"force_upcast", sizes.vae_force_upcast},
          {"in_channels", 3},
          {"latent_channels", 4},
          {"layers_per_block", sizes.vae_layers},
          {"norm_num_groups", sizes.vae_groups},
          {"out_channels", 3},
          {"sample_size", sizes.vae_sample},
          {"scaling_factor", sizes.scaling_factor},
          {"up_block_types", std::vector<std::string>(levels, "UpDecoderBlock2D")}};
}

json index_of(const std::string& scheduler, bool zero_negative) {
  return {{"_class_name", "HotshotXLPipeline"},
          {"_diffusers_version", "0.21.4"},
          {"force_zeros_for_empty_prompt", zero_negative},
          {"scheduler", {"diffusers", scheduler}},
          {"text_encoder", {"transformers", "CLIPTextModel"}},
          {"text_encoder_2", {"transformers", "CLIPTextModelWithProjection"}},
          {"tokenizer", {"transformers", "CLIPTokenizer"}},
          {"tokenizer_2", {"transformers", "CLIPTokenizer"}},
          {"unet", {"hotshot_xl.models.unet", "UNet3DConditionModel"}},
          {"vae", {"diffusers", "AutoencoderKL"}}};
}

json diffusion_of(const std::string& scheduler) {
  return {{"_class_name", scheduler}, {"_diffusers_version", "0.21.4"},
          {"beta_end", 0.012},        {"beta_schedule", "scaled_linear"},
          {"beta_start", 0.00085},    {"num_train_timesteps", 1000}};
}

model_preset hotshot(const hotshot_sizes& sizes, const json& scheduler, bool zero_negative) {
  return {.index = index_of(scheduler.at("_class_name"), zero_negative),
          .components = {{"scheduler", scheduler},
                         {"text_encoder", text_encoder_config(sizes.text_1)},
                         {"text_encoder_2", text_encoder_config(sizes.text_2)},
                         {"unet", unet_config(sizes)},
                         {"vae", vae_config(sizes)}}};
}

model_preset hotshot_xl() {
  const hotshot_sizes sizes{.text_1 = {"quick_gelu", 768, 3072, 12, 12, 768, 49408, 77, 2, false},
                            .text_2 = {"gelu", 1280, 5120, 32, 20, 1280, 49408, 77, 2, true},
                            .unet_channels = {320, 640, 1280},
                            .unet_heads = {5, 10, 20},
                            .transformer_layers = {1, 2, 10},
                            .plain_level = 0,
                            .unet_layers = 2,
                            .unet_groups = 32,
                            .time_embedding = 256,
                            .unet_sample = 64,
                            .vae_channels = {128, 256, 512, 512},
                            .vae_layers = 2,
                            .vae_groups = 32,
                            .vae_sample = 1024,
                            .scaling_factor = 0.13025,
                            .vae_force_upcast = true};
  json scheduler = diffusion_of("EulerDiscreteScheduler");
  scheduler.update({{"interpolation_type", "linear"},
                    {"prediction_type", "epsilon"},
                    {"steps_offset", 1},
                    {"timestep_spacing", "leading"},
                    {"trained_betas", nullptr},
                    {"use_karras_sigmas", false}});
  return hotshot(sizes, scheduler, true);
}

model_preset sdxl() {
  model_preset preset = hotshot_xl();
  preset.index["_class_name"] = "StableDiffusionXLPipeline";
  preset.index["unet"] = {"diffusers", "UNet2DConditionModel"};
  json& unet = preset.component("unet");
  unet = image_unet_config(unet);
  unet["sample_size"] = 128;
  return preset;
}

model_preset tiny() {
  const hotshot_sizes sizes{.text_1 = {"quick_gelu", 64, 256, 2, 2, 64, 714, 24, 713, false},
                            .text_2 = {"gelu", 64, 256, 3, 2, 64, 714, 24, 713, true},
                            .unet_channels = {64, 96, 96},
                            .unet_heads = {4, 6, 6},
                            .transformer_layers = {1, 1, 1},
                            .plain_level = 2,
                            .unet_layers = 1,
                            .unet_groups = 8,
                            .time_embedding = 8,
                            .unet_sample = 8,
                            .vae_channels = {16, 32, 64, 64},
                            .vae_layers = 1,
                            .vae_groups = 2,
                            .vae_sample = 64,
                            .scaling_factor = 1.0,
                            .vae_force_upcast = false};
  json scheduler = diffusion_of("DDIMScheduler");
  scheduler.update({{"clip_sample", false},
                    {"prediction_type", "v_prediction"},
                    {"rescale_betas_zero_snr", true},
                    {"set_alpha_to_one", true},
                    {"steps_offset", 0},
                    {"thresholding", false},
                    {"timestep_spacing", "trailing"},
                    {"trained_betas", nullptr}});
  model_preset preset = hotshot(sizes, scheduler, false);
  preset.generation = {{"num_inference_steps", 25},
                       {"guidance_scale", 4.0},
                       {"guidance_rescale", 0.5},
                       {"negative_prompt", ""},
                       {"width", 64},
                       {"height", 64},
                       {"video_length", 8},
                       {"video_duration", 1000},
                       {"original_size", {64, 64}},
                       {"target_size", {64, 64}},
                       {"crops_coords_top_left", {0, 0}},
                       {"output_scale", 4}};
  return preset;
}

}  // namespace

const registry<preset_maker>& model_presets() {
  static const registry<preset_maker> table(
      "preset",
      {{"hotshot-xl", hotshot_xl, "Hotshot-XL as released: 2.8 billion parameters in the UNet, 3.7 in all"},
       {"sdxl", sdxl, "Stable Diffusion XL base 1.0: pictures only, 2.6 billion parameters in the UNet"},
       {"tiny", tiny, "the sizes of assets/tiny: 64 x 64 pixels, 24 tokens, 7 million parameters"},
       {"controlnet-sdxl", controlnet_sdxl,
        "one component: a ControlNet for hotshot-xl and sdxl, 1.3 billion parameters"},
       {"animatediff-v1", animatediff_v1,
        "one component: the UNet of AnimateDiff v1 on Stable Diffusion 1.5"},
       {"animatediff-v2", animatediff_v2, "one component: the same of v2, with a module in the middle"},
       {"animatediff-v3", animatediff_v3, "one component: the same of v3"},
       {"animatediff-sdxl", animatediff_sdxl, "one component: the UNet of AnimateDiff on SDXL"},
       {"videocrafter2", videocrafter2, "one component: VideoCrafter2's UNet"},
       {"make-a-video", make_a_video, "one component: Make-A-Video's UNet, small"},
       {"imagen-video", imagen_video, "one component: Imagen Video's UNet, small"},
       {"controlnet-tiny", controlnet_tiny, "one component: a ControlNet for tiny"}});
  return table;
}

namespace {

// "DownBlock3D" -> "DownBlock2D", in every list of block types that is there.
void rename_block_types(json& unet, std::string_view from, std::string_view to) {
  const auto renamed = [&](json& type) {
    if (!type.is_string()) return;
    std::string name = type;
    if (const std::size_t at = name.find(from); at != std::string::npos)
      type = name.replace(at, from.size(), to);
  };
  for (const char* list : {"down_block_types", "up_block_types"})
    if (unet.contains(list) && unet[list].is_array())
      for (json& type : unet[list]) renamed(type);
  // A middle without text is called UNetMidBlock2D in both.
  if (unet.contains("mid_block_type") && unet["mid_block_type"] != "UNetMidBlock2D")
    renamed(unet["mid_block_type"]);
}

template <class Preset>
auto& component_of(Preset& preset, const std::string& name) {
  for (auto& [each, options] : preset.components)
    if (each == name) return options;
  throw error(error_kind::bad_input, concat("the model has no ", name));
}

}  // namespace

const json& model_preset::component(const std::string& name) const { return component_of(*this, name); }
json& model_preset::component(const std::string& name) { return component_of(*this, name); }

const char* config_file_name(const std::string& component) {
  return component == "scheduler" ? "scheduler_config.json" : "config.json";
}

const char* weight_file_name(const std::string& component) {
  return component.starts_with("text_encoder") ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
}

json image_unet_config(json unet) {
  unet["_class_name"] = "UNet2DConditionModel";
  rename_block_types(unet, "3D", "2D");
  for (const char* part : {"temporal", "norm_scope"}) unet.erase(part);
  return unet;
}

json video_unet_config(json unet) {
  // The two classes differ in their defaults.
  if (!unet.contains("down_block_types") && unet.value("_class_name", "") != "UNet3DConditionModel") {
    unet["down_block_types"] = {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                "DownBlock2D"};
    unet["up_block_types"] = {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"};
    if (!unet.contains("block_out_channels")) unet["block_out_channels"] = {320, 640, 1280, 1280};
  }
  unet["_class_name"] = "UNet3DConditionModel";
  rename_block_types(unet, "2D", "3D");
  return unet;
}

json to_json(const model_preset& preset) {
  json tree = json::object();
  if (!preset.index.is_null()) tree["model_index"] = preset.index;
  if (!preset.generation.is_null()) tree["generation_config"] = preset.generation;
  for (const auto& [name, options] : preset.components) tree[name] = options;
  return tree;
}

model_preset merged(model_preset base, const config& tree) {
  // A component's folder has no model_index.json.
  if (base.index.is_null() && tree.has("model_index"))
    throw tree.at("model_index").fail("this preset is one component");
  const auto overlay = [&](json& target, const std::string& key) {
    if (!tree.has(key)) return;
    const config node = tree.at(key);
    if (!node.is_object()) throw node.fail("wanted an object");
    if (target.is_null()) target = json::object();
    for (const auto& [name, value] : node.value().items()) target[name] = value;
  };
  overlay(base.index, "model_index");
  overlay(base.generation, "generation_config");
  for (auto& [name, options] : base.components) overlay(options, name);
  // A scheduler of another class takes its name into the index as well.
  for (const auto& [name, options] : base.components)
    if (name == "scheduler") base.index[name][1] = options.at("_class_name");
  tree.expect_all_read();
  return base;
}

}  // namespace zoetrope
