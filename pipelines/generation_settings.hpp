// All settings of `generate`, each named once: the struct holds the built-in defaults (those of Hotshot-XL's
// inference.py, whose names they bear), and for_each_setting() is what flags, config files, help and the
// printed configuration are made from. Layers, each winning over the one before: built-in, the model's
// generation_config.json, --config FILE, the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

struct generation_settings {
  std::string pretrained_path, companion, spatial_unet_base, motion;
  json unet = json::object();
  std::vector<std::string> plugin;
  std::vector<std::string> lora;
  std::vector<std::string> embedding;
  std::vector<double> lora_scale = {1.0};
  bool lora_beside = false;
  std::string precision = "auto", autocast, device = "auto", variant;
  int64_t threads = 0;
  bool xformers = false;

  std::vector<std::string> prompt = {"a bulldog in the captains chair of a spaceship, hd, high quality"};
  std::string prompts;
  std::string negative_prompt = "blurry";
  bool no_negative_prompt = false;
  int64_t clip_skip = 0;

  int64_t width = 672, height = 384, video_length = 8, video_duration = 1000, batch = 1;

  int64_t steps = 30;
  uint64_t seed = 455;
  double guidance_scale = 5.0, guidance_rescale = 0.0, eta = 0.0;
  std::string scheduler = "EulerAncestralDiscreteScheduler";
  json scheduler_config = json::object();
  std::vector<double> timesteps, sigmas;
  std::string latents;
  std::optional<double> denoising_start, denoising_end;

  int64_t og_width = 1920, og_height = 1080, target_width = 512, target_height = 512;
  std::vector<int64_t> crops = {0, 0};
  std::vector<int64_t> negative_original_size, negative_target_size, negative_crops;

  std::string output = "output.gif";
  int64_t output_scale = 1;
  bool no_metadata = false;
  std::string compat;

  std::vector<std::string> controlnet, gif, preprocessor = {"none"};
  std::string control_type;
  std::vector<double> controlnet_conditioning_scale = {0.7}, control_guidance_start = {0.0},
                      control_guidance_end = {1.0};
  bool guess_mode = false;

  std::string init_video, mask;
  std::vector<std::string> init_image;
  std::vector<int64_t> init_frame;
  std::optional<double> strength;

  bool low_vram_mode = false;
  std::string vram;
  int64_t attention_slice = 0, feed_forward_chunk = 0, vae_frames = 1, vae_tile = 0;
  bool guidance_in_turn = false, drop_text_encoders = false, offload = false, stream = false;
};

/// One value for all things, or one for each.
template <class T>
const T& value_for(const std::vector<T>& values, std::size_t index) {
  return values.size() == 1 ? values[0] : values[index];
}

/// What the rest of the program asks about a setting.
struct setting_traits {
  bool model = false;   ///< another value is another model in memory
  bool user = false;    ///< for the user alone: a model may not choose it
  bool own = false;     ///< which clip is made and what becomes of it, not how: one experiment, one value
  bool adapts = false;  ///< does what suits the machine: elsewhere something else
};

struct setting {
  const char *group, *key;
  const char* unit;  ///< "DIR", "FILE" or "PATH" where its values name files; "" for a switch
  const char* help;
  setting_traits traits;
  bool names_files() const;
};

/// Calls visit(setting, field) for every setting, in the order of --help.
template <class Settings, class Visitor>
void for_each_setting(Settings& s, Visitor&& visit) {
  const char* group = "Model";
  const auto row = [&](const char* key, auto& field, const char* unit, const char* help,
                       const setting_traits& traits = {}) {
    visit(setting{group, key, unit, help, traits}, field);
  };
  row("pretrained_path", s.pretrained_path, "DIR",
      "diffusers folder, or org/name in the local Hugging Face cache; default: $ZOETROPE_MODEL, else the "
      "model that comes with zoetrope",
      {.model = true});
  row("companion", s.companion, "DIR",
      "for a single-file SDXL checkpoint: the folder whose tokenizers go with it, and whose configurations "
      "where it has them",
      {.model = true});
  row("spatial_unet_base", s.spatial_unet_base, "PATH",
      "another SDXL model (folder or single-file checkpoint) under the same temporal layers",
      {.model = true});
  row("motion", s.motion, "PATH",
      "temporal layers over an image model or instead of a model's own: Hotshot-XL's, AnimateDiff's, or a "
      "diffusers "
      "MotionAdapter",
      {.model = true});
  row("unet", s.unet, "KEY=VALUE",
      "swaps a part of the UNet, e.g. temporal.position.type=rope (zoetrope list; docs/configuration.md); "
      "weights are "
      "kept where they fit",
      {.model = true, .user = true});
  row("plugin", s.plugin, "FILE",
      "a shared library with parts of yours (docs/plugins.md); give it several times for several",
      {.model = true});
  row("lora", s.lora, "FILE",
      "LoRA weights, of diffusers', PEFT's or kohya's layout; give it several times for several",
      {.model = true});
  row("lora_scale", s.lora_scale, "X", "how strongly they count: one for all, or one for each",
      {.model = true});
  row("lora_beside", s.lora_beside, "",
      "computes LoRAs beside the weights instead of adding them: the same clip but for rounding",
      {.model = true});
  row("embedding", s.embedding, "PATH",
      "a word taught by textual inversion, in diffusers' or kohya's files; give it several times for "
      "several",
      {.model = true});
  row("variant", s.variant, "NAME", "take *.NAME.safetensors where there are such, e.g. fp16",
      {.model = true, .user = true});
  row("precision", s.precision, "TYPE", "auto, f32, f16 or bf16; auto: f16 on a GPU, f32 on a CPU",
      {.model = true});
  row("autocast", s.autocast, "TYPE", "f16 or bf16: what a GPU computes in, whatever the weights are kept in",
      {.model = true});
  row("device", s.device, "NAME", "auto, cpu, cuda or cuda:N", {.model = true, .user = true});
  row("threads", s.threads, "N", "CPU threads; 0: all cores", {.user = true});
  row("xformers", s.xformers, "", "accepted for Hotshot-XL's sake: attention is memory-efficient anyway",
      {.user = true, .own = true});

  group = "Prompt";
  row("prompt", s.prompt, "TEXT", "what to show; give it several times for several clips", {.own = true});
  row("prompts", s.prompts, "FILE", "one prompt a line, instead of --prompt", {.own = true});
  row("negative_prompt", s.negative_prompt, "TEXT", "what not to show");
  row("no_negative_prompt", s.no_negative_prompt, "",
      "none at all, which SDXL models take as zeros; not the same as an empty one");
  row("clip_skip", s.clip_skip, "N", "text layers to leave out, counted from the last but one");

  group = "Clip";
  row("width", s.width, "PIXELS", "a multiple of what the model needs (Hotshot-XL: 32)");
  row("height", s.height, "PIXELS", "the same");
  row("video_length", s.video_length, "FRAMES", "1 makes a picture, without temporal layers");
  row("video_duration", s.video_duration, "MS", "playing time of the whole clip, milliseconds");
  row("batch", s.batch, "N", "clips computed at once, of several prompts; the same clips, more memory",
      {.own = true});

  group = "Sampling";
  row("steps", s.steps, "N", "denoising steps");
  row("seed", s.seed, "N", "of the noise; clip i of a batch has seed + i", {.own = true});
  row("guidance_scale", s.guidance_scale, "X", "classifier-free guidance; 1 or less: none");
  row("guidance_rescale", s.guidance_rescale, "X",
      "0 to 1: share of the guided result rescaled against over-exposure");
  row("eta", s.eta, "X", "0 to 1: randomness of DDIM and TCD");
  row("scheduler", s.scheduler, "NAME",
      "a diffusers class or a short form (zoetrope list schedulers); 'default' keeps the model's, as does "
      "a model with a generation_config.json that names none");
  row("scheduler_config", s.scheduler_config, "KEY=VALUE",
      "changes a field of the scheduler's configuration, e.g. use_karras_sigmas=true");
  row("timesteps", s.timesteps, "T", "exactly these timesteps, descending, instead of --steps");
  row("sigmas", s.sigmas, "S", "exactly these noise levels, descending, instead of --steps");
  row("latents", s.latents, "FILE",
      "safetensors with a tensor 'latents' [clips,channels,frames,height,width] of unit normal noise, "
      "instead of --seed's");
  row("denoising_start", s.denoising_start, "X",
      "0 to 1: share of the noise levels to skip; --latents are then the unfinished ones");
  row("denoising_end", s.denoising_end, "X",
      "0 to 1: stop there; an --output of .safetensors keeps the unfinished latents");

  group = "Size conditioning (SDXL)";
  row("og_width", s.og_width, "PIXELS", "width of the picture that the clip pretends to come from");
  row("og_height", s.og_height, "PIXELS", "its height");
  row("target_width", s.target_width, "PIXELS", "width it pretends to be shown at");
  row("target_height", s.target_height, "PIXELS", "its height");
  row("crops", s.crops, "PIXELS",
      "two numbers: what it pretends to have lost on two sides, in the model's order");
  row("negative_original_size", s.negative_original_size, "PIXELS",
      "two numbers: og size of the negative half");
  row("negative_target_size", s.negative_target_size, "PIXELS",
      "two numbers: target size of the negative half");
  row("negative_crops", s.negative_crops, "PIXELS", "two numbers: crops of the negative half");

  group = "Output";
  row("output", s.output, "FILE",
      "by its ending: .gif, .mp4, .png (numbered if several frames), .jpg (one frame), .safetensors "
      "(latents), or a new folder/ of PNGs",
      {.own = true});
  row("output_scale", s.output_scale, "N", "enlarges N times, without smoothing", {.own = true});
  row("no_metadata", s.no_metadata, "", "PNG and MP4 without prompt, seed and configuration hash",
      {.own = true});
  row("compat", s.compat, "NAME",
      "hotshot: the original's quirks: seed 0 is no seed, GIF frames last a whole 1/100 s less the rest, "
      "colours are cut instead of rounded, one frame is a JPEG whatever the ending",
      {.user = true});

  group = "Control";
  row("controlnet", s.controlnet, "DIR",
      "ControlNet folder, or org/name in the local cache; give it several times for several at once",
      {.model = true});
  row("control_type", s.control_type, "TYPE",
      "canny or depth: the ControlNet that Hotshot-XL takes for it (diffusers/controlnet-TYPE-sdxl-1.0)",
      {.model = true, .user = true});
  row("gif", s.gif, "PATH",
      "what the net is shown: GIF, MP4, folder of pictures or one picture; one for each net. Frames are "
      "picked around the middle, to last --video_duration");
  row("preprocessor", s.preprocessor, "NAME",
      "what is made of it first: none, canny, depth, pose or scribble, perhaps with options "
      "(canny:low_threshold=50); one for all, or one for each net");
  row("controlnet_conditioning_scale", s.controlnet_conditioning_scale, "X",
      "how strongly a net counts; one for all, or one for each");
  row("control_guidance_start", s.control_guidance_start, "X",
      "0 to 1: share of the steps before a net begins; one for all, or one for each");
  row("control_guidance_end", s.control_guidance_end, "X",
      "0 to 1: share of the steps after which it ends; one for all, or one for each");
  row("guess_mode", s.guess_mode, "",
      "nets see the positive half of guidance alone, and weigh more the deeper they reach");

  group = "Picture and video input";
  row("init_video", s.init_video, "PATH",
      "GIF, MP4, folder of pictures or one picture that is made anew, as far as --strength says");
  row("strength", s.strength, "X",
      "0 to 1: share of the noise levels that the input passes, 1: all; default 0.8, or 1 with --mask or "
      "--init_image");
  row("mask", s.mask, "PATH", "picture or clip as long: white is made anew, black stays as in --init_video");
  row("init_image", s.init_image, "FILE",
      "picture that a frame shall show; give it several times for several frames");
  row("init_frame", s.init_frame, "N", "which frame each --init_image is, from 0; 0 if not given");

  group = "Memory (the same clip, unless told otherwise)";
  row("vram", s.vram, "SIZE",
      "6G, 900M: picks the fastest of the policies below that fits; of GPU memory, or of RAM on a CPU",
      {.adapts = true});
  row("low_vram_mode", s.low_vram_mode, "", "all of the policies below that leave the clip as it is");
  row("drop_text_encoders", s.drop_text_encoders, "",
      "gives back the text encoders once prompts are encoded");
  row("offload", s.offload, "", "only the part at work has its weights on the device");
  row("guidance_in_turn", s.guidance_in_turn, "", "the halves of guidance pass the UNet one after the other");
  row("attention_slice", s.attention_slice, "FRAMES", "attention of so many frames at once; 0: of all");
  row("feed_forward_chunk", s.feed_forward_chunk, "TOKENS",
      "feed-forward layers on so many tokens at once; 0: as many as is fastest");
  row("stream", s.stream, "",
      "UNet and ControlNets take each layer's weights from the file while it computes; f16 files are "
      "upcast on a CPU");
  row("vae_frames", s.vae_frames, "N", "frames that the VAE decodes at once");
  row("vae_tile", s.vae_tile, "N",
      "the VAE works on tiles of N latent pixels a side, blended where they overlap: not the same picture; "
      "0: whole frames");
}

/// The keys of the settings for which `wanted` says yes.
template <class Wanted>
std::vector<std::string> keys_of_settings(Wanted&& wanted) {
  std::vector<std::string> keys;
  const generation_settings defaults;
  for_each_setting(defaults, [&](const setting& which, const auto&) {
    if (wanted(which)) keys.push_back(which.key);
  });
  return keys;
}

/// A layer on top of `settings`: a key that is absent or null leaves what is there. Knows diffusers' names
/// too (num_inference_steps, original_size, target_size, crops_coords_top_left). error{bad_input} for keys
/// that are no settings.
void apply(generation_settings& settings, const config& layer);
/// The same for a model's generation_config.json, which may not choose files or devices. A model that brings
/// one brings its scheduler, too, unless it names another.
void apply_model_defaults(generation_settings& settings, const config& layer);

/// error{usage} for a setting that cannot be, whatever the model is.
void check(const generation_settings& settings);

json to_json(const generation_settings& settings);
/// config_hash of the settings as JSON, `output` left out.
std::string config_hash(const generation_settings& settings);

}  // namespace zoetrope
