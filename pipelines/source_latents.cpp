// See source_latents.hpp.
#include "pipelines/source_latents.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

/// picture: 1 3 H W in [0, 1].
latent_distribution encode(const text_to_video_model& model, const at::Tensor& picture, int64_t tile) {
  const at::Tensor image = picture.to(model.device, model.vae_dtype) * 2 - 1;
  if (tile == 0) return model.vae->encode(image);
  return model.vae->encode_tiled(image,
                                 {.sample_min = tile * model.vae->spatial_factor(), .latent_min = tile});
}

/// f 1 H W -> 1 1 f h w: each latent pixel takes the first of its pixels, as diffusers' nearest interpolation
/// does.
at::Tensor latent_mask(const at::Tensor& mask, int64_t factor) {
  return mask.slice(2, 0, std::nullopt, factor)
      .slice(3, 0, std::nullopt, factor)
      .transpose(0, 1)
      .unsqueeze(0);
}

/// One entry, which counts for all clips.
at::Tensor as_level(double timestep) { return at::full({1}, timestep, at::kDouble); }

}  // namespace

source_latents::source_latents(const text_to_video_model& model, const text_to_video_call& call)
    : model_(model),
      clips_(static_cast<int64_t>(call.prompts.size())),
      starts_from_noise_(call.source->mask.defined() && call.source->strength == 1) {
  std::vector<at::Tensor> means, deviations;
  for (const at::Tensor& frame : call.source->frames.split(1)) {
    const latent_distribution latent = encode(model, frame, call.memory.vae_tile);
    means.push_back(latent.mean);
    deviations.push_back(latent.standard_deviation());
    ZT_CHECK(latent.mean.is_meta() || (latent.mean + deviations.back()).isfinite().all().item<bool>(),
             numerical, "the VAE made a NaN or infinity of frame ", means.size());
  }
  mean_ = at::cat(means);
  deviation_ = at::cat(deviations);
  if (call.source->mask.defined())
    mask_ = latent_mask(call.source->mask, model.vae->spatial_factor()).to(model.device, model.dtype);
}

at::Tensor source_latents::first(clip_noise& random, scheduler& steps, double timestep) {
  const int64_t frames = mean_.size(0), channels = mean_.size(1), height = mean_.size(2),
                width = mean_.size(3);
  const at::Tensor sample =
      random.draw({clips_, frames, channels, height, width}, model_.vae_dtype).to(model_.device);
  // b f c h w -> b c f h w
  known_ = model_.vae->scaled((mean_ + deviation_ * sample).transpose(1, 2)).to(model_.dtype);
  noise_ = random.draw({clips_, channels, frames, height, width}, model_.dtype).to(model_.device);
  return starts_from_noise_ ? noise_ * steps.init_noise_sigma()
                            : steps.add_noise(known_, noise_, as_level(timestep));
}

at::Tensor source_latents::put_back(const at::Tensor& latents, scheduler& steps,
                                    std::optional<double> next_timestep) const {
  if (!mask_.defined()) return latents;
  const at::Tensor kept = next_timestep ? steps.add_noise(known_, noise_, as_level(*next_timestep)) : known_;
  return (1 - mask_) * kept + mask_ * latents;
}

}  // namespace zoetrope
