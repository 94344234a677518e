// What every block of the UNet is told besides its input.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/projected_text.hpp"
#include "models/work_pieces.hpp"

namespace zoetrope {

struct unet_context {
  int64_t batch = 1, frames = 1;         ///< activations are (batch frames) c h w
  at::Tensor time;                       ///< silu(time embedding): [batch, time channels]
  const projected_text* text = nullptr;  ///< for the cross-attentions
  int64_t norm_frames = 1;  ///< frames that share the statistics of a resnet's norm: `frames` or 1
  bool temporal = true;     ///< false: temporal modules are skipped
  work_pieces pieces;
};

}  // namespace zoetrope
