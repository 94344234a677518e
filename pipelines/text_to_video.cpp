// Text to video, as an algorithm box:
//
//   text, sizes        -> conditioning of the UNet, negatives before positives      (prompt_encoder,
//   time_ids) seeds              -> x ~ N(0, 1), scaled to the first noise level               (clip_noise)
//   for each t         -> e = unet(scaled x, t, text);  e = guide(e);  x = step(e)   (guidance, schedulers/)
//   x                  -> frames, one at a time                                      (frame_decoder)
#include "pipelines/text_to_video.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "pipelines/clip_noise.hpp"
#include "pipelines/denoising_plan.hpp"
#include "pipelines/frame_decoder.hpp"
#include "pipelines/phase.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/stopwatch.hpp"

namespace zoetrope {

namespace {

/// The UNet under one conditioning, whose keys and values are projected once.
class conditioned_unet {
 public:
  conditioned_unet(const text_to_video_model& model, const text_conditioning& text)
      : model_(model), text_(text), projected_(model.unet->project_text(text.prompt_embeds)) {}

  /// sample: b c f h w, scaled for `timestep`; rows as in the conditioning.
  at::Tensor operator()(const at::Tensor& sample, double timestep) const {
    unet_input input;
    input.sample = sample.to(model_.device, model_.dtype);
    input.timestep = at::scalar_tensor(timestep, at::TensorOptions(model_.device).dtype(at::kFloat));
    input.text = &projected_;
    input.text_embeds = text_.text_embeds;
    input.time_ids = text_.time_ids;
    input.temporal = sample.size(2) > 1;  // one frame is a picture, and the temporal layers are left out
    return model_.unet->forward(input);
  }

 private:
  const text_to_video_model& model_;
  const text_conditioning& text_;
  const projected_text projected_;
};

/// Latents at the first noise level. Sets what the call leaves open: seeds, and the noise of the steps.
at::Tensor first_latents(const text_to_video_model& model, text_to_video_call& call,
                         double init_noise_sigma) {
  const bool draws = !call.latents.defined() || !call.noise;
  call.seeds =
      draws ? clip_seeds(call.seeds, call.prompts.size(), call.compat_hotshot) : std::vector<uint64_t>();
  auto random = std::make_shared<clip_noise>(call.seeds);
  if (!call.noise)
    call.noise = [random, device = model.device](at::IntArrayRef shape, at::ScalarType dtype) {
      return random->draw(shape, dtype).to(device);
    };
  if (call.denoising_start) return call.latents.to(model.device, model.dtype);

  at::Tensor latents = call.latents;
  if (!latents.defined()) {
    const int64_t factor = model.vae->spatial_factor();
    latents = random->draw({static_cast<int64_t>(call.prompts.size()), model.unet->in_channels(),
                            call.video_length, *call.height / factor, *call.width / factor},
                           model.dtype);
  }
  return latents.to(model.device, model.dtype) * init_noise_sigma;
}

void check_finite(const at::Tensor& latents, const std::string& step) {
  ZT_CHECK(latents.isfinite().all().item<bool>(), numerical, "a NaN or infinity in the latents after ", step);
}

at::Tensor denoise(const text_to_video_model& model, const text_to_video_call& call,
                   const denoising_plan& plan, at::Tensor latents, text_to_video_result& result) {
  const conditioned_unet unet(model, result.conditioning);
  const auto count = static_cast<int64_t>(plan.timesteps.size());
  stopwatch watch(model.device);
  for (int64_t i = 0; i < count; ++i) {
    const double t = plan.timesteps[i];
    at::Tensor input = plan.steps->scale_model_input(latents, t);
    if (call.guidance().active())
      input = at::cat({input, input});  // b c f h w -> (negative b, positive b) c f h w
    const double before = watch.lap();
    const at::Tensor output = unet(input, t);
    result.timings.unet.push_back(watch.lap());

    latents =
        plan.steps->step({guide(output, call.guidance()), t, latents, call.noise, call.step}).prev_sample;
    result.timings.steps.push_back(before + result.timings.unet.back() + watch.lap());

    const std::string step = concat("step ", i + 1, " of ", count, " (timestep ", t, ")");
    check_finite(latents, step);
    const step_report report{
        i, count, t, latents, output, result.timings.unet.back(), result.timings.steps.back()};
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

  stopwatch watch(model.device);
  result.conditioning = in_phase("text", [&] { return condition(model, call); });
  result.timings.text = watch.lap();

  result.latents = in_phase("denoising", [&] {
    const at::Tensor first = first_latents(model, call, result.init_noise_sigma);
    return denoise(model, call, plan, first, result);
  });
  result.seeds = call.seeds;
  if (call.output_kind == text_to_video_call::output::latents) return result;

  watch.lap();
  result.video = in_phase(
      "decoding", [&] { return decode_frames(*model.vae, result.latents, model.vae_dtype, call.on_frame); });
  result.timings.vae = watch.lap();
  return result;
}

}  // namespace zoetrope
