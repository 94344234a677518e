// Latents to pictures.
#include "pipelines/frame_decoder.hpp"

#include <ATen/ATen.h>

#include "core/tensor/meta_run.hpp"

namespace zoetrope {

namespace {

at::Tensor decode(const autoencoder_kl& vae, const at::Tensor& latents, int64_t tile) {
  if (tile == 0) return vae.decode(latents);
  return vae.decode_tiled(latents, {.sample_min = tile * vae.spatial_factor(), .latent_min = tile});
}

}  // namespace

at::Tensor decode_frames(const text_to_video_model& model, const text_to_video_call& call,
                         const at::Tensor& latents) {
  const autoencoder_kl& vae = *model.vae;
  const int64_t clips = latents.size(0), frames = latents.size(2), count = clips * frames;
  // b c f h w -> (b f) c h w
  const at::Tensor scaled = vae.unscaled(latents.to(model.vae_dtype)).transpose(1, 2).flatten(0, 1);
  at::Tensor video;
  for (int64_t first = 0; first < count; first += call.memory.vae_frames) {
    const int64_t last = std::min(first + call.memory.vae_frames, count);
    const at::Tensor pictures = decode(vae, scaled.slice(0, first, last), call.memory.vae_tile)
                                    .to(host_of(latents), at::kFloat);  // n 3 H W
    if (!video.defined())
      video = at::empty({clips, pictures.size(1), frames, pictures.size(2), pictures.size(3)},
                        pictures.options());
    for (int64_t i = first; i < last; ++i) {
      const at::Tensor picture = pictures[i - first];
      ZT_CHECK(picture.is_meta() || picture.isfinite().all().item<bool>(), numerical,
               "the VAE made a NaN or infinity in frame ", i % frames + 1, " of clip ", i / frames + 1);
      video.select(0, i / frames).select(1, i % frames).copy_((picture / 2 + 0.5).clamp(0, 1));
      ZT_CHECK(!call.on_frame || call.on_frame(i, count), interrupted, "cancelled after frame ", i + 1,
               " of ", count);
    }
  }
  return video;
}

}  // namespace zoetrope
