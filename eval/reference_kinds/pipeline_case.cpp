// See pipeline_case.hpp.
#include "eval/reference_kinds/pipeline_case.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

/// The object at `key` of case.json without its nulls, which mean "not given".
config given_arguments(const reference_case& reference, const char* key) {
  const std::string source = (reference.folder() / "case.json").string();
  const json arguments = config(reference.description(), source).child(key).value();
  json given = json::object();
  for (const auto& [name, value] : arguments.items())
    if (!value.is_null()) given[name] = value;
  return config(std::move(given), concat(source, " ", key));
}

/// A string, or a list of them.
std::vector<std::string> texts(const config& value) {
  return value.is_array() ? value.as<std::vector<std::string>>()
                          : std::vector<std::string>{value.as<std::string>()};
}

std::optional<size_pair> size_of(const config& arguments, const char* key) {
  const auto numbers = arguments.get_optional<std::vector<int64_t>>(key);
  if (!numbers) return {};
  if (numbers->size() != 2) throw arguments.at(key).fail(concat("wanted 2 numbers, got ", numbers->size()));
  return size_pair{(*numbers)[0], (*numbers)[1]};
}

/// The ControlNet's arguments; pictures are f h w c in 0 to 255.
std::vector<control> controls_of(const reference_case& reference, const config& arguments) {
  if (!reference.has_input("control_frames")) return {};
  control one;
  one.frames = reference.input("control_frames").permute({0, 3, 1, 2}).to(at::kFloat) / 255;
  one.scale = arguments.get("controlnet_conditioning_scale", one.scale);
  one.start = arguments.get("control_guidance_start", one.start);
  one.end = arguments.get("control_guidance_end", one.end);
  one.guess_mode = arguments.get("guess_mode", one.guess_mode);
  return {one};
}

}  // namespace

text_to_video_model load_pipeline_model(const reference_case& reference) {
  model_load_options options;
  if (reference.description().contains("controlnet_dir"))
    options.controlnets = {reference.folder_of("controlnet_dir")};
  return load_text_to_video_model(model_directory::open(reference.folder_of("model_dir").string()), options);
}

text_to_video_call pipeline_call(const reference_case& reference) {
  const config arguments = given_arguments(reference, "call");
  text_to_video_call call;
  call.prompts = texts(arguments.at("prompt"));
  if (arguments.has("negative_prompt")) call.negative_prompts = texts(arguments.at("negative_prompt"));
  call.height = arguments.get_optional<int64_t>("height");
  call.width = arguments.get_optional<int64_t>("width");
  call.video_length = arguments.get("video_length", call.video_length);
  call.steps = arguments.get("num_inference_steps", call.steps);
  call.guidance_scale = arguments.get("guidance_scale", call.guidance_scale);
  call.guidance_rescale = arguments.get("guidance_rescale", call.guidance_rescale);
  call.step.eta = arguments.get("eta", call.step.eta);
  call.denoising_end = arguments.get_optional<double>("denoising_end");
  call.original_size = size_of(arguments, "original_size");
  call.target_size = size_of(arguments, "target_size");
  call.crops_coords_top_left =
      size_of(arguments, "crops_coords_top_left").value_or(call.crops_coords_top_left);
  call.negative_original_size = size_of(arguments, "negative_original_size");
  call.negative_target_size = size_of(arguments, "negative_target_size");
  call.negative_crops_coords_top_left =
      size_of(arguments, "negative_crops_coords_top_left").value_or(call.negative_crops_coords_top_left);
  call.controls = controls_of(reference, arguments);
  if (arguments.has("seed")) call.seeds = {arguments.get<uint64_t>("seed")};
  arguments.expect_all_read();

  const config chosen = given_arguments(reference, "scheduler_override");
  call.scheduler_class = chosen.get("class", "");
  call.scheduler_overrides = chosen.child("overrides").value();
  chosen.expect_all_read();
  call.compat_hotshot = true;
  return call;
}

}  // namespace zoetrope
