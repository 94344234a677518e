// See generation_run.hpp.
#include "pipelines/generation_run.hpp"

#include <sstream>

#include "core/tensor/weights.hpp"
#include "core/utf8.hpp"
#include "core/vision/preprocessor.hpp"
#include "pipelines/added_words.hpp"
#include "pipelines/clip_tensors.hpp"
#include "pipelines/demo_model.hpp"
#include "pipelines/output_file.hpp"
#include "pipelines/plugin.hpp"
#include "schedulers/scheduler_names.hpp"

namespace zoetrope {

namespace {

std::string model_path(const config& flags, const config& file) {
  if (flags.has("pretrained_path")) return flags.get<std::string>("pretrained_path");
  // What a result keeps of a model that nobody named is an empty path.
  if (const std::string named = file.get("pretrained_path", ""); !named.empty()) return named;
  const auto demo = find_demo_model();
  ZT_CHECK(demo, usage, "no model: give --pretrained_path DIR or set ZOETROPE_MODEL");
  return demo->string();
}

bool is_checkpoint(const std::filesystem::path& path) {
  return path.extension() == ".safetensors" && std::filesystem::is_regular_file(path);
}

std::optional<size_pair> pair_of(const std::vector<int64_t>& numbers) {
  if (numbers.empty()) return std::nullopt;
  return size_pair{numbers[0], numbers[1]};
}

void apply_command_line(generation_settings& settings, const config& flags) {
  as_typed([&] { apply(settings, flags); });
}

clip_request clip_request_of(const generation_settings& settings) {
  return {settings.width, settings.height, settings.video_length,
          static_cast<double>(settings.video_duration), settings.compat == "hotshot"};
}

// "canny", or "canny:low_threshold=50,high_threshold=150"
config preprocessor_options(const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  config options(json{{"type", text.substr(0, colon)}}, "--preprocessor");
  std::istringstream assignments(colon < text.size() ? text.substr(colon + 1) : "");
  for (std::string assignment; std::getline(assignments, assignment, ',');) options.set(assignment);
  return options;
}

std::vector<control> controls_of(const generation_settings& settings) {
  std::vector<control> controls;
  for (std::size_t i = 0; i < settings.gif.size(); ++i) {
    const config options = preprocessor_options(value_for(settings.preprocessor, i));
    as_typed([&] { make_preprocessor(options); });
    controls.push_back({.net = i,
                        .frames = control_frames(settings.gif[i], options, clip_request_of(settings)),
                        .scale = value_for(settings.controlnet_conditioning_scale, i),
                        .start = value_for(settings.control_guidance_start, i),
                        .end = value_for(settings.control_guidance_end, i),
                        .guess_mode = settings.guess_mode});
  }
  return controls;
}

std::optional<source_video> source_of(const generation_settings& settings) {
  if (settings.init_video.empty() && settings.init_image.empty()) return std::nullopt;
  source_video source;
  if (!settings.init_video.empty()) {
    source = source_from_clip(settings.init_video, settings.mask, clip_request_of(settings));
    source.strength = settings.mask.empty() ? source.strength : 1.0;
  } else {
    std::vector<placed_picture> pictures;
    for (std::size_t i = 0; i < settings.init_image.size(); ++i)
      pictures.push_back({settings.init_image[i], settings.init_frame.empty() ? 0 : settings.init_frame[i]});
    source = source_from_pictures(pictures, clip_request_of(settings));
  }
  source.strength = settings.strength.value_or(source.strength);
  return source;
}

model_load_options load_options_of(const generation_settings& settings, const placement& where) {
  model_load_options options{
      .dtype = where.precision.dtype, .device = where.device, .variant = settings.variant, .weights = false};
  if (!settings.control_type.empty())
    options.controlnets = {concat("diffusers/controlnet-", settings.control_type, "-sdxl-1.0")};
  for (const std::string& net : settings.controlnet) options.controlnets.push_back(net);
  for (std::size_t i = 0; i < settings.lora.size(); ++i)
    options.loras.push_back({settings.lora[i], value_for(settings.lora_scale, i)});
  options.merge_loras = !settings.lora_beside;
  options.spatial_unet_base = settings.spatial_unet_base;
  options.motion = settings.motion;
  options.unet_changes = settings.unet;
  return options;
}

struct request_layers {
  config flags, file;
};

request_layers layers_of(const generation_request& request) {
  config flags(request.flags, "command line");
  for (const std::string& assignment : request.sets) flags.set(assignment);
  config file = request.config_file.empty() ? config() : config::load(request.config_file);
  if (!file.is_object()) throw file.fail("wanted an object");
  return {std::move(flags), std::move(file)};
}

at::Tensor latents_in(const std::string& file) {
  const tensor_map tensors = load_tensors(file);
  const auto named = tensors.find("latents");
  ZT_CHECK(named != tensors.end() || tensors.size() == 1, bad_input, file, ": no tensor 'latents' among ",
           tensors.size());
  return named != tensors.end() ? named->second : tensors.begin()->second;
}

resolved_generation resolve_layers(const request_layers& layers) {
  resolved_generation resolved;
  generation_settings& settings = resolved.settings;
  const std::string path = model_path(layers.flags, layers.file);
  if (is_checkpoint(path)) {
    resolved.checkpoint = std::filesystem::absolute(path).lexically_normal();
    settings.scheduler = "default";
  } else {
    resolved.directory = model_directory::open(path);
    apply_model_defaults(settings, resolved.directory->generation_defaults());
  }
  apply(settings, layers.file);
  apply_command_line(settings, layers.flags);
  for (const std::string& library : settings.plugin) load_plugin(library);
  settings.pretrained_path =
      resolved.directory ? resolved.directory->root().string() : resolved.checkpoint.string();
  ZT_CHECK(resolved.directory.has_value() != !settings.companion.empty(), usage,
           "--companion: the folder with the tokenizers of a single-file checkpoint; ",
           resolved.directory ? "this model is a folder" : "this model is such a file, and needs one");
  check(settings);
  return resolved;
}

}  // namespace

resolved_generation resolve(const generation_request& request) { return resolve_layers(layers_of(request)); }

resolved_generation resolve(const config& layer) {
  if (!layer.is_object()) throw layer.fail("wanted an object");
  return resolve_layers({config(), layer});
}

void apply_request(generation_settings& settings, const generation_request& request) {
  const request_layers layers = layers_of(request);
  apply(settings, layers.file);
  apply_command_line(settings, layers.flags);
  for (const std::string& library : settings.plugin) load_plugin(library);
  check(settings);
}

std::vector<std::string> prompts_in(const std::filesystem::path& file) {
  const std::string text = read_text_file(file, 16u << 20);
  const auto broken = first_invalid_utf8(text);
  ZT_CHECK(!broken, bad_input, printable(file.string()), ": not valid UTF-8 at byte ", *broken);
  std::vector<std::string> prompts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) prompts.push_back(line);
  }
  ZT_CHECK(!prompts.empty(), bad_input, file.string(), ": holds no prompt");
  return prompts;
}

std::vector<std::string> prompts_of(const generation_settings& settings) {
  if (!settings.prompts.empty()) return prompts_in(settings.prompts);
  ZT_CHECK(!settings.prompt.empty(), usage, "--prompt: none is given");
  return settings.prompt;
}

placement placement_of(const generation_settings& settings) {
  const at::Device device = parse_device(settings.device);
  const std::string& wanted = settings.autocast.empty() ? settings.precision : settings.autocast;
  return {device, resolve_precision(wanted_precision(wanted, device), device)};
}

text_to_video_model open_model(const resolved_generation& resolved, const placement& where) {
  const generation_settings& settings = resolved.settings;
  const model_load_options options = load_options_of(settings, where);
  text_to_video_model model = resolved.checkpoint.empty()
                                  ? load_text_to_video_model(*resolved.directory, options)
                                  : load_checkpoint_model(resolved.checkpoint, settings.companion, options);
  for (const std::string& path : settings.embedding)
    in_context(concat("--embedding ", printable(path)), [&] { add_word(model, read_token_embedding(path)); });
  return model;
}

held_beside beside_model(const generation_settings& settings, at::Device device) {
  if (!device.is_cpu()) return {};
  const std::string format =
      output_format(settings.output, settings.video_length, settings.compat == "hotshot");
  return {process_base_bytes(device), writing_bytes(format, settings.width * settings.height,
                                                    settings.video_length, settings.output_scale)};
}

memory_policy policy_of(const generation_settings& settings) {
  memory_policy policy = settings.low_vram_mode ? frugal_policy() : memory_policy();
  if (settings.attention_slice > 0) policy.attention_slice = settings.attention_slice;
  if (settings.feed_forward_chunk > 0) policy.feed_forward_chunk = settings.feed_forward_chunk;
  policy.guidance_in_turn |= settings.guidance_in_turn;
  policy.drop_text_encoders |= settings.drop_text_encoders;
  policy.offload |= settings.offload;
  policy.stream |= settings.stream;
  policy.vae_frames = settings.vae_frames;
  policy.vae_tile = settings.vae_tile;
  return policy;
}

text_to_video_call call_of(const generation_settings& settings, const std::vector<std::string>& prompts) {
  text_to_video_call call;
  call.prompts = prompts;
  if (!settings.no_negative_prompt) call.negative_prompts = {settings.negative_prompt};
  call.width = settings.width;
  call.height = settings.height;
  call.video_length = settings.video_length;
  call.seconds_per_frame =
      static_cast<double>(settings.video_duration) / 1000.0 / static_cast<double>(settings.video_length);
  call.steps = settings.steps;
  call.timesteps = settings.timesteps;
  call.sigmas = settings.sigmas;
  call.scheduler_class = scheduler_class_of(settings.scheduler);
  call.scheduler_overrides = settings.scheduler_config;
  call.step.eta = settings.eta;
  call.guidance_scale = settings.guidance_scale;
  call.guidance_rescale = settings.guidance_rescale;
  call.original_size = {settings.og_width, settings.og_height};
  call.target_size = {settings.target_width, settings.target_height};
  call.crops_coords_top_left = *pair_of(settings.crops);
  call.negative_original_size = pair_of(settings.negative_original_size);
  call.negative_target_size = pair_of(settings.negative_target_size);
  call.negative_crops_coords_top_left = pair_of(settings.negative_crops).value_or(size_pair{0, 0});
  call.seeds = {settings.seed};
  if (!settings.latents.empty()) call.latents = latents_in(settings.latents);
  call.denoising_start = settings.denoising_start;
  call.denoising_end = settings.denoising_end;
  call.clip_skip = settings.clip_skip;
  call.compat_hotshot = settings.compat == "hotshot";
  call.controls = controls_of(settings);
  call.source = source_of(settings);
  call.memory = policy_of(settings);
  return call;
}

}  // namespace zoetrope
