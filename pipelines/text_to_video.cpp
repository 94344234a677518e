// Text to video, as an algorithm box:
//
//   text, sizes  -> conditioning of the UNet, negatives before positives     (prompt_encoder, time_ids)
//   seeds        -> x ~ N(0, 1), scaled to the first noise level             (clip_noise)
//   for each t   -> e = unet(scaled x, t, text);  e = guide(e);  x = step(e) (guidance, schedulers/)
//   x            -> frames, one at a time                                    (frame_decoder)
#include "pipelines/text_to_video.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "pipelines/clip_noise.hpp"
#include "pipelines/denoiser.hpp"
#include "pipelines/denoising_plan.hpp"
#include "pipelines/frame_decoder.hpp"
#include "pipelines/part_at_work.hpp"
#include "pipelines/phase.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/sampling_step.hpp"
#include "pipelines/source_latents.hpp"
#include "pipelines/stopwatch.hpp"

namespace zoetrope {

namespace {

/// Latents at the first noise level. Sets what the call leaves open: seeds, and the noise of the steps.
at::Tensor first_latents(const text_to_video_model& model, text_to_video_call& call,
                         const denoising_plan& plan, std::optional<source_latents>& source) {
  const bool draws = !call.latents.defined() || !call.noise;
  call.seeds =
      draws ? clip_seeds(call.seeds, call.prompts.size(), call.compat_hotshot) : std::vector<uint64_t>();
  auto random = std::make_shared<clip_noise>(call.seeds);
  if (!call.noise)
    call.noise = [random, device = model.device](at::IntArrayRef shape, at::ScalarType dtype) {
      return random->draw(shape, dtype).to(device);
    };
  if (source) return source->first(*random, *plan.steps, plan.timesteps.front());
  if (call.denoising_start) return call.latents.to(model.device, model.dtype);

  at::Tensor latents = call.latents;
  if (!latents.defined()) {
    const int64_t factor = model.vae->spatial_factor();
    latents = random->draw({static_cast<int64_t>(call.prompts.size()), model.unet->in_channels(),
                            call.video_length, *call.height / factor, *call.width / factor},
                           model.dtype);
  }
  return latents.to(model.device, model.dtype) * plan.steps->init_noise_sigma();
}

void check_finite(const at::Tensor& latents, const std::string& step) {
  if (latents.is_meta()) return;
  ZT_CHECK(latents.isfinite().all().item<bool>(), numerical, "a NaN or infinity in the latents after ", step);
}

at::Tensor denoise(const text_to_video_model& model, const text_to_video_call& call,
                   const denoising_plan& plan, const std::optional<source_latents>& source,
                   at::Tensor latents, text_to_video_result& result) {
  const auto count = static_cast<int64_t>(plan.timesteps.size());
  const denoiser predict(model, call, result.conditioning, count);
  stopwatch watch(model.device);
  for (int64_t i = 0; i < count; ++i) {
    const double t = plan.timesteps[i];
    at::Tensor input = plan.steps->scale_model_input(latents, t);
    if (call.guidance().active())
      input = at::cat({input, input});  // b c f h w -> (negative b, positive b) c f h w
    const denoiser_output output = predict(input, t, i);
    result.timings.controlnets.push_back(output.controlnet_seconds);
    result.timings.unet.push_back(output.unet_seconds);

    latents = sampling_step(*plan.steps, {output.noise, t, latents, call.noise, call.step}, call.guidance());
    if (source)
      latents = source->put_back(latents, *plan.steps,
                                 i + 1 < count ? std::optional(plan.timesteps[i + 1]) : std::nullopt);
    result.timings.steps.push_back(watch.lap());

    const std::string step = concat("step ", i + 1, " of ", count, " (timestep ", t, ")");
    check_finite(latents, step);
    const step_report report{i,
                             count,
                             t,
                             latents,
                             output.noise,
                             output.unet_seconds,
                             result.timings.steps.back(),
                             output.controls};
    ZT_CHECK(!call.on_step || call.on_step(report), interrupted, "cancelled after ", step);
    watch.lap();  // the callback's time is not the step's
  }
  return latents;
}

}  // namespace

text_to_video_result text_to_video(const text_to_video_model& model, const text_to_video_call& given) {
  const c10::InferenceMode no_autograd;
  text_to_video_call call = checked_call(model, given);
  const denoising_plan plan = plan_denoising(model, call);
  text_to_video_result result;
  result.timesteps = at::tensor(plan.timesteps, at::kDouble);
  result.sigmas = plan.steps->sigmas();
  result.init_noise_sigma = plan.steps->init_noise_sigma();

  const std::string advice = what_else_saves_memory(call.memory);
  stopwatch watch(model.device);
  result.conditioning = in_phase(
      run_phase::text,
      [&] {
        const parts_at_work encoders = text_encoders_at_work(model, call.memory);
        return condition(model, call);
      },
      advice);
  result.timings.text = watch.lap();

  std::optional<source_latents> source;
  if (call.source)
    in_phase(
        run_phase::encoding,
        [&] {
          const parts_at_work encoder = vae_at_work(model, call.memory);
          source.emplace(model, call);
        },
        advice);
  result.timings.source = watch.lap();

  result.latents = in_phase(
      run_phase::denoising,
      [&] {
        const at::Tensor first = first_latents(model, call, plan, source);
        const parts_at_work denoisers = denoisers_at_work(model, call.memory);
        return denoise(model, call, plan, source, first, result);
      },
      advice);
  result.seeds = call.seeds;
  if (call.output_kind == text_to_video_call::output::latents) return result;

  watch.lap();
  result.video = in_phase(
      run_phase::decoding,
      [&] {
        const parts_at_work decoder = vae_at_work(model, call.memory);
        return decode_frames(model, call, result.latents);
      },
      advice);
  result.timings.vae = watch.lap();
  return result;
}

}  // namespace zoetrope
