// Latents to pictures: the VAE, one frame at a time, so that memory is that of one frame however long the
// clip.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "models/autoencoder_kl.hpp"

namespace zoetrope {

/// latents: b c f h w as the UNet sees them. Returns b 3 f H W, f32 on the CPU in [0, 1].
/// `on_frame` is called after each frame; false cancels with error{interrupted}. error{numerical} for a frame
/// with a NaN or infinity.
at::Tensor decode_frames(const autoencoder_kl& vae, const at::Tensor& latents, at::ScalarType dtype,
                         const std::function<bool(int64_t index, int64_t count)>& on_frame = {});

}  // namespace zoetrope
