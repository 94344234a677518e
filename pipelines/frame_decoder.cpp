// Latents to pictures.
#include "pipelines/frame_decoder.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

at::Tensor decode_frames(const autoencoder_kl& vae, const at::Tensor& latents, at::ScalarType dtype,
                         const std::function<bool(int64_t index, int64_t count)>& on_frame) {
  const int64_t clips = latents.size(0), frames = latents.size(2), count = clips * frames;
  const at::Tensor scaled = vae.unscaled(latents.to(dtype));
  at::Tensor video;
  for (int64_t i = 0; i < count; ++i) {
    const at::Tensor latent = scaled.select(0, i / frames).slice(1, i % frames, i % frames + 1);  // c 1 h w
    const at::Tensor picture = vae.decode(latent.transpose(0, 1)).to(at::kCPU, at::kFloat);       // 1 3 H W
    ZT_CHECK(picture.isfinite().all().item<bool>(), numerical, "the VAE made a NaN or infinity in frame ",
             i % frames + 1, " of clip ", i / frames + 1);
    if (!video.defined())
      video = at::empty({clips, picture.size(1), frames, picture.size(2), picture.size(3)}, at::kFloat);
    video.select(0, i / frames).select(1, i % frames).copy_((picture[0] / 2 + 0.5).clamp(0, 1));
    ZT_CHECK(!on_frame || on_frame(i, count), interrupted, "cancelled after frame ", i + 1, " of ", count);
  }
  return video;
}

}  // namespace zoetrope
