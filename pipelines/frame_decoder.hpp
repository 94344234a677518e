// Latents to pictures: the VAE, one frame at a time unless more are asked for, so that memory is that of one
// frame however long the clip.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// latents: b c f h w as the UNet sees them. Returns b 3 f H W, f32 on the CPU in [0, 1].
/// The call's on_frame is called after each frame; false cancels with error{interrupted}. error{numerical}
/// for a frame with a NaN or infinity.
at::Tensor decode_frames(const text_to_video_model& model, const text_to_video_call& call,
                         const at::Tensor& latents);

}  // namespace zoetrope
