// What every block of the UNet is told besides its input.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "attention/clip_size.hpp"
#include "models/projected_text.hpp"
#include "models/work_pieces.hpp"

namespace zoetrope {

/// Told the path of a layer of a block ("up_blocks.1.attentions.0").
using layer_choice = std::function<bool(const std::string& path)>;

struct unet_context {
  int64_t batch = 1, frames = 1;         ///< activations are (batch frames) c h w
  at::Tensor time;                       ///< silu(time embedding): [batch, time channels]
  const projected_text* text = nullptr;  ///< for the cross-attentions
  double seconds_per_frame = 0.125;
  bool temporal = true;         ///< false: temporal modules are skipped
  layer_choice recompute = {};  ///< these keep no activations for the backward pass; empty: none
  work_pieces pieces;

  /// Of activations (batch frames) c height width.
  clip_size size_of(const at::Tensor& x) const {
    return {batch, frames, x.size(2), x.size(3), seconds_per_frame};
  }
};

}  // namespace zoetrope
