// Everything about a call that can be refused before any heavy work.
#include <cmath>

#include "core/name_messages.hpp"
#include "pipelines/control_checks.hpp"
#include "pipelines/denoising_plan.hpp"
#include "pipelines/source_checks.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

namespace {

constexpr int64_t most_pixels_a_side = 16384, most_frames = 4096, most_steps = 100000;

/// "384 or 416": the sizes around `got` that are multiples of `multiple`.
std::string nearest_sizes(int64_t got, int64_t multiple) {
  const int64_t below = got / multiple * multiple, above = below + multiple;
  return below > 0 ? concat(below, " or ", above) : concat(above);
}

void check_side(const char* name, int64_t got, int64_t multiple) {
  ZT_CHECK(got > 0 && got % multiple == 0, usage, name, " ", got, " is not a positive multiple of ", multiple,
           ", which this model needs; nearest: ", nearest_sizes(std::max<int64_t>(got, 0), multiple));
  ZT_CHECK(got <= most_pixels_a_side, usage, name, " ", got, " is more than ", most_pixels_a_side, " pixels");
}

void check_frames(const text_to_video_model& model, int64_t frames) {
  ZT_CHECK(frames >= 1 && frames <= most_frames, usage, "video_length is ", frames, ", not 1 to ",
           most_frames);
  const int64_t most = model.unet->maximum_frames();
  ZT_CHECK(most == 0 || frames <= most, usage, "video_length ", frames, " is more than the ", most,
           " frames that the model's temporal layers have positions for");
}

void check_levels(const text_to_video_call& call) {
  ZT_CHECK(call.timesteps.empty() || call.sigmas.empty(), usage, "give timesteps or sigmas, not both");
  for (const auto* levels : {&call.timesteps, &call.sigmas})
    for (double level : *levels)
      ZT_CHECK(std::isfinite(level), usage, "a timestep or sigma is not a finite number");
  ZT_CHECK(call.steps >= 1 && call.steps <= most_steps, usage, "steps is ", call.steps, ", not 1 to ",
           most_steps);
}

void check_window(const text_to_video_call& call) {
  const double start = call.denoising_start.value_or(0), end = call.denoising_end.value_or(1);
  ZT_CHECK(start >= 0 && end <= 1 && start < end, usage, "denoising_start ", start, " and denoising_end ",
           end, ": wanted 0 <= start < end <= 1");
  ZT_CHECK(!call.denoising_start || call.latents.defined(), usage,
           "denoising_start goes on from the latents of an earlier run: give latents");
}

void check_guidance(const text_to_video_call& call) {
  ZT_CHECK(std::isfinite(call.guidance_scale), usage, "guidance_scale is not a finite number");
  ZT_CHECK(call.guidance_rescale >= 0 && call.guidance_rescale <= 1, usage, "guidance_rescale is ",
           call.guidance_rescale, ", not 0 to 1");
  ZT_CHECK(std::isfinite(call.step.eta) && call.step.eta >= 0, usage, "eta is ", call.step.eta,
           ", not a number from 0");
}

void check_conditioning_sizes(const text_to_video_call& call) {
  for (const auto& pair : {call.original_size, call.target_size, std::optional(call.crops_coords_top_left),
                           call.negative_original_size, call.negative_target_size,
                           std::optional(call.negative_crops_coords_top_left)})
    for (int64_t value : pair.value_or(size_pair{0, 0}))
      ZT_CHECK(value >= 0 && value <= 1 << 24, usage, "a size or crop of the conditioning is ", value,
               ", not 0 to 16777216");
  if (call.warn && call.negative_original_size.has_value() != call.negative_target_size.has_value())
    call.warn("negative sizes count only if both negative_original_size and negative_target_size are given");
}

void check_batch(const text_to_video_call& call) {
  const std::size_t clips = call.prompts.size();
  ZT_CHECK(clips >= 1, usage, "there is no prompt");
  const std::size_t negatives = call.negative_prompts ? call.negative_prompts->size() : clips;
  ZT_CHECK(negatives == 1 || negatives == clips, usage, negatives, " negative prompts for ", clips,
           " prompts: give one, or one for each");
  const std::size_t seeds = call.seeds.size();
  ZT_CHECK(seeds <= 1 || seeds == clips, usage, seeds, " seeds for ", clips,
           " prompts: give one, or one for each");
  ZT_CHECK(call.clip_skip >= 0, usage, "clip_skip is ", call.clip_skip, ", not 0 or more");
}

void check_latents(const text_to_video_model& model, const text_to_video_call& call) {
  if (!call.latents.defined()) return;
  const int64_t factor = model.vae->spatial_factor();
  const std::vector<int64_t> wanted = {static_cast<int64_t>(call.prompts.size()), model.unet->in_channels(),
                                       call.video_length, *call.height / factor, *call.width / factor};
  ZT_CHECK(call.latents.sizes() == wanted, usage, "the given latents are ", call.latents.sizes(), ", not ",
           at::IntArrayRef(wanted), " (batch, channels, frames, height, width)");
  ZT_CHECK(call.latents.is_floating_point(), usage, "the given latents are not floating point");
}

}  // namespace

text_to_video_call checked_call(const text_to_video_model& model, text_to_video_call call) {
  check_batch(call);
  if (call.negative_prompts)
    call.negative_prompts->resize(call.prompts.size(), call.negative_prompts->front());

  const int64_t factor = model.vae->spatial_factor(), multiple = factor * model.unet->size_multiple();
  const int64_t default_side = model.unet->sample_size() * factor;
  ZT_CHECK((call.width && call.height) || default_side > 0, usage,
           "give width and height: the UNet has no sample_size");
  if (!call.width) call.width = default_side;
  if (!call.height) call.height = default_side;
  check_side("width", *call.width, multiple);
  check_side("height", *call.height, multiple);
  check_frames(model, call.video_length);
  check_latents(model, call);
  check_controls(model, call);
  check_source(call);

  const size_pair clip_size = {*call.height, *call.width};
  if (!call.original_size) call.original_size = clip_size;
  if (!call.target_size) call.target_size = clip_size;
  check_conditioning_sizes(call);

  check_guidance(call);
  check_levels(call);
  check_window(call);
  if (call.denoising_start == 0.0) call.denoising_start.reset();
  if (!call.scheduler_class.empty()) {
    const auto known = schedulers().names();
    ZT_CHECK(std::find(known.begin(), known.end(), call.scheduler_class) != known.end(), usage,
             unknown_name("scheduler", call.scheduler_class, known));
  }
  if (call.compat_hotshot) call.step.draw_always = true;
  // As diffusers' pipelines do, which hand eta to every scheduler that has it.
  call.step.tcd_eta = call.step.eta;
  plan_denoising(model, call);
  return call;
}

}  // namespace zoetrope
