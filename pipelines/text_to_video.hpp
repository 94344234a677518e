// Text to video: prompts in, frames out. Hotshot-XL's pipeline (Mullan et al. 2023) on SDXL's (Podell et al.
// 2023):
//
//   text_to_video_model model = load_text_to_video_model(model_directory::open("assets/tiny"));
//   text_to_video_result clip =
//       text_to_video(model, {.prompts = {"a red circle moving left"}, .seeds = {0}});
//   clip.video   // b 3 f h w in [0, 1]
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "pipelines/control.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/memory_policy.hpp"
#include "pipelines/pipeline_model.hpp"
#include "pipelines/source_video.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

/// Two numbers of SDXL's size conditioning, handed to the UNet in the order given: SDXL was trained on
/// (height, width) and (top, left), Hotshot-XL on (width, height) and (left, top).
using size_pair = std::array<int64_t, 2>;

/// What a callback sees after each scheduler step.
struct step_report {
  int64_t index;  ///< 0, 1, …
  int64_t count;  ///< of steps in this call
  double timestep;
  const at::Tensor& latents;                    ///< b c f h w, after the step
  const at::Tensor& unet_output;                ///< (negatives, positives) c f h w: before guidance
  double unet_seconds;                          ///< of the UNet's evaluation
  double seconds;                               ///< of the whole step
  const std::vector<control_report>& controls;  ///< one for each of the call's
};

/// Seconds of wall clock, the device waited for.
struct text_to_video_timings {
  double text = 0;
  double source = 0;  ///< encoding the source video
  /// One entry a step; a step is its ControlNets, the UNet, guidance and the scheduler.
  std::vector<double> controlnets, unet, steps;
  double vae = 0;
};

/// One generation. Fields left alone take the defaults of Hotshot-XL's and SDXL's Python pipelines.
struct text_to_video_call {
  std::vector<std::string> prompts;  ///< a batch of clips
  /// One for all prompts or one for each. Not given is not the same as "": see force_zeros_for_empty_prompt.
  std::optional<std::vector<std::string>> negative_prompts;

  std::optional<int64_t> width, height;  ///< pixels; the UNet's sample_size where not given
  int64_t video_length = 8;              ///< frames; 1 switches the temporal layers off
  double seconds_per_frame = 0.125;      ///< for models that are told (positions in seconds, fps_embedding)

  int64_t steps = 50;
  std::vector<double> timesteps, sigmas;  ///< instead of a number of steps; at most one of the two
  std::string scheduler_class;            ///< empty: the model's own
  json scheduler_overrides = json::object();
  step_options step;  ///< eta, s_churn, …

  double guidance_scale = 5.0;    ///< 1 or less: no guidance, negative prompts are not used
  double guidance_rescale = 0.0;  ///< φ of Lin et al. 2024, 0 to 1
  guidance_options guidance() const { return {guidance_scale, guidance_rescale}; }

  std::optional<size_pair> original_size, target_size;  ///< (height, width) of the clip where not given
  size_pair crops_coords_top_left = {0, 0};
  /// For the negative half; they count only together, as in diffusers.
  std::optional<size_pair> negative_original_size, negative_target_size;
  size_pair negative_crops_coords_top_left = {0, 0};

  /// One: clip i of the batch has seed + i, so it can be made again alone. One for each prompt: those. None:
  /// drawn from the system, and told in the result. Each clip draws its latents, then what its scheduler
  /// needs, from its own CPU generator in the model's dtype (a dtype is another stream of numbers).
  std::vector<uint64_t> seeds;
  /// b c f h w, used in place of the drawn ones. Unit normal: they are scaled by init_noise_sigma. With
  /// denoising_start they are what a run with that denoising_end returned, and are used as they are.
  at::Tensor latents;
  noise_source noise;  ///< of the scheduler's steps; in place of the seeds

  /// Fractions of the noise levels to skip at the start and at the end (SDXL's mixture of denoisers): 0 <
  /// start < end < 1. A start needs `latents`; a run that ends early returns noisy latents.
  std::optional<double> denoising_start, denoising_end;

  std::vector<control> controls;       ///< any number at once; a net outside its window is not run
  std::optional<source_video> source;  ///< not together with latents or denoising_start
  memory_policy memory;

  int64_t clip_skip = 0;  ///< text layers to leave out, counted from the penultimate
  enum class output { frames, latents } output_kind = output::frames;

  /// The original's quirks, by default fixed: seed 0 means unseeded; one generator is shared by all clips of
  /// a batch; EulerDiscrete takes noise from it at every step although it uses none (diffusers 0.21.4).
  bool compat_hotshot = false;

  std::function<bool(const step_report&)> on_step;             ///< false cancels: error{interrupted}
  std::function<bool(int64_t index, int64_t count)> on_frame;  ///< after each decoded frame; false cancels
  std::function<void(const std::string& message)> warn;        ///< a prompt that was cut, …
};

/// What the UNet was conditioned on: rows are negatives, then positives; without guidance positives alone.
struct text_conditioning {
  at::Tensor prompt_embeds;  ///< [B, tokens, C1 + C2]
  at::Tensor text_embeds;    ///< [B, P]
  at::Tensor time_ids;       ///< [B, 6]
};

struct text_to_video_result {
  at::Tensor video;             ///< b 3 f h w, f32 on the CPU in [0, 1]; undefined for output::latents
  at::Tensor latents;           ///< b c f h w as the UNet sees them (not divided by the VAE's scaling factor)
  std::vector<uint64_t> seeds;  ///< one a clip, or one for all with compat_hotshot; empty if nothing is drawn
  text_conditioning conditioning;
  at::Tensor timesteps;  ///< those that were run, f64
  at::Tensor sigmas;     ///< all of the scheduler's; undefined where it has none
  double init_noise_sigma = 1.0;
  text_to_video_timings timings;
};

/// The call with every default filled in (sizes); error{usage} for whatever cannot be run: sizes (the
/// nearest that can be run are named), frames, steps, counts that do not match. Cheap, and needs no weights.
text_to_video_call checked_call(const text_to_video_model& model, text_to_video_call call);

/// error{usage} as checked_call; error{interrupted} if a callback says so; error{numerical} with the step for
/// a NaN or infinity; error{out_of_memory} and any other failure name the phase (text, denoising, decoding).
text_to_video_result text_to_video(const text_to_video_model& model, const text_to_video_call& call);

}  // namespace zoetrope
