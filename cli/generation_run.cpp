// See generation_run.hpp.
#include "cli/generation_run.hpp"

#include <sstream>

#include "cli/demo_model.hpp"
#include "cli/scheduler_names.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

namespace {

std::string model_path(const config& flags, const config& file) {
  for (const config* layer : {&flags, &file})
    if (layer->has("pretrained_path")) return layer->get<std::string>("pretrained_path");
  const auto demo = find_demo_model();
  ZT_CHECK(demo, usage, "no model: give --pretrained_path DIR or set ZOETROPE_MODEL");
  return demo->string();
}

std::optional<size_pair> pair_of(const std::vector<int64_t>& numbers) {
  if (numbers.empty()) return std::nullopt;
  return size_pair{numbers[0], numbers[1]};
}

// What is wrong with something typed is usage, whatever it would be in a file.
void apply_command_line(generation_settings& settings, const config& flags) {
  try {
    apply(settings, flags);
  } catch (const error& failure) {
    throw error(failure.kind() == error_kind::bad_input ? error_kind::usage : failure.kind(), failure.what());
  }
}

at::Tensor latents_in(const std::string& file) {
  const tensor_map tensors = load_tensors(file);
  const auto named = tensors.find("latents");
  ZT_CHECK(named != tensors.end() || tensors.size() == 1, bad_input, file, ": no tensor 'latents' among ",
           tensors.size());
  return named != tensors.end() ? named->second : tensors.begin()->second;
}

}  // namespace

resolved_generation resolve(const generation_request& request) {
  config flags(request.flags, "command line");
  for (const std::string& assignment : request.sets) flags.set(assignment);
  const config file = request.config_file.empty() ? config() : config::load(request.config_file);
  if (!file.is_object()) throw file.fail("wanted an object");

  resolved_generation resolved{model_directory::open(model_path(flags, file)), {}};
  generation_settings& settings = resolved.settings;
  apply_model_defaults(settings, resolved.directory.generation_defaults());
  apply(settings, file);
  apply_command_line(settings, flags);
  settings.pretrained_path = resolved.directory.root().string();
  check(settings);
  return resolved;
}

std::vector<std::string> prompts_of(const generation_settings& settings) {
  if (settings.prompts.empty()) {
    ZT_CHECK(!settings.prompt.empty(), usage, "--prompt: none is given");
    return settings.prompt;
  }
  std::vector<std::string> prompts;
  std::istringstream lines(read_text_file(settings.prompts, 16u << 20));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) prompts.push_back(line);
  }
  ZT_CHECK(!prompts.empty(), bad_input, settings.prompts, ": holds no prompt");
  return prompts;
}

placement placement_of(const generation_settings& settings) {
  const at::Device device = parse_device(settings.device);
  const std::string& wanted = settings.autocast.empty() ? settings.precision : settings.autocast;
  const at::ScalarType dtype = wanted != "auto"  ? parse_precision(wanted)
                               : device.is_cpu() ? at::kFloat
                                                 : at::kHalf;
  return {device, resolve_precision(dtype, device)};
}

text_to_video_call call_of(const generation_settings& settings, const std::vector<std::string>& prompts) {
  text_to_video_call call;
  call.prompts = prompts;
  if (!settings.no_negative_prompt) call.negative_prompts = {settings.negative_prompt};
  call.width = settings.width;
  call.height = settings.height;
  call.video_length = settings.video_length;
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
  return call;
}

}  // namespace zoetrope
