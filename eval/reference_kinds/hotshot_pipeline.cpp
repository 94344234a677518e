// Reference cases of kinds hotshot_pipeline_model (a whole folder: token ids and text states) and
// hotshot_pipeline_run (a whole generation, step by step, with recorded noise).
#include <ATen/ATen.h>

#include "core/registry.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

namespace {

text_to_video_model load_model(const reference_case& reference) {
  return load_text_to_video_model(model_directory::open(reference.folder_of("model_dir").string()));
}

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

text_to_video_call call_of(const reference_case& reference) {
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
  arguments.expect_all_read();

  const config chosen = given_arguments(reference, "scheduler_override");
  call.scheduler_class = chosen.get("class", "");
  call.scheduler_overrides = chosen.child("overrides").value();
  chosen.expect_all_read();
  call.compat_hotshot = true;
  return call;
}

}  // namespace

void run_hotshot_pipeline_model_case(const reference_case& reference, reference_report& report) {
  const text_to_video_model model = load_model(reference);
  const config description(reference.description(), (reference.folder() / "case.json").string());
  const auto prompts = description.get<std::vector<std::string>>("prompts");
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const encoded_prompts got = encode_prompts(model, {prompts[i]});
    const std::string prefix = concat(i, ".");
    report.check(prefix + "ids1", got.ids_1);
    report.check(prefix + "ids2", got.ids_2);
    report.check(prefix + "prompt_embeds", got.prompt_embeds);
    report.check(prefix + "pooled", got.pooled);
  }
  const encoded_prompts empty = encode_prompts(model, {""});
  report.check("empty_negative.prompt_embeds", empty.prompt_embeds);
  report.check("empty_negative.pooled", empty.pooled);
}

void run_hotshot_pipeline_run_case(const reference_case& reference, reference_report& report) {
  if (reference.description().contains("controlnet_dir") || reference.has_input("control_frames")) {
    report.fail("this case runs a ControlNet, which is not available in this version");
    return;
  }
  text_to_video_call call = call_of(reference);
  call.latents = reference.input("latents");
  int64_t draws = 0;
  call.noise = [&, bank = reference.input("noise")](at::IntArrayRef shape, at::ScalarType dtype) {
    ZT_CHECK(draws < bank.size(0), runtime, "draw ", draws, " of the ", bank.size(0),
             " that the original made");
    const at::Tensor noise = bank[draws++].to(dtype);
    ZT_CHECK(noise.sizes() == shape, runtime, "a draw of shape ", shape, " where the original drew ",
             noise.sizes());
    return noise;
  };
  std::vector<at::Tensor> latents, unet_outputs;
  call.on_step = [&](const step_report& step) {
    latents.push_back(step.latents.clone());
    if (step.index < 2) unet_outputs.push_back(step.unet_output.clone());
    return true;
  };
  const text_to_video_result got = text_to_video(load_model(reference), call);

  constexpr double text_tolerance = 5e-5, level_tolerance = 1e-4, video_tolerance = 1e-3;
  report.check("prompt_embeds", got.conditioning.prompt_embeds, text_tolerance);
  report.check("text_embeds", got.conditioning.text_embeds, text_tolerance);
  report.check("time_ids", got.conditioning.time_ids, text_tolerance);
  report.check("timesteps", got.timesteps, level_tolerance);
  if (got.sigmas.defined()) report.check_if_present("sigmas", got.sigmas, level_tolerance);
  report.check("init_noise_sigma", at::full({1}, got.init_noise_sigma), level_tolerance);
  report.check("noise_draws", at::full({1}, draws, at::kLong));
  report.check("unet_out_per_step", at::stack(unet_outputs));
  report.check("latents_per_step", at::stack(latents));
  report.check("video", got.video, video_tolerance);
}

}  // namespace zoetrope
