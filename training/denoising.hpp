// The step of a denoiser's training on a batch that is at hand:
//   loss = |target - unet(alpha x_0 + sigma epsilon, t, text)|^2, one t a clip (objective.hpp).
#pragma once

#include "models/unet3d.hpp"
#include "training/objective.hpp"
#include "training/task.hpp"
#include "training/text_states.hpp"

namespace zoetrope {

/// A batch as the denoiser sees it, before noise; on the denoiser's device.
struct denoising_batch {
  at::Tensor latents;   ///< b c f h w
  at::Tensor time_ids;  ///< [b, 6]
  text_state_batch text;
};

struct denoising {
  const unet3d& unet;
  const objective& aim;
  at::ScalarType dtype = at::kFloat;  ///< that the UNet computes in
  layer_choice recompute = {};        ///< as denoiser_input's

  /// The denoiser's answer to a noised batch.
  at::Tensor answer(const denoising_batch& batch, const noise_draw& drawn) const;
  /// [b]: the loss of each clip of `share`, with noise that `seed`, step and row decide.
  at::Tensor losses(const denoising_batch& batch, uint64_t seed, const batch_share& share) const;
};

/// Layers of the UNet's blocks whose names ("unet.up_blocks.1.attentions.0") fit; empty where no pattern is
/// given. error{usage} for a pattern that fits none.
layer_choice chosen_layers(const unet3d& unet, const std::vector<std::string>& patterns);

}  // namespace zoetrope
