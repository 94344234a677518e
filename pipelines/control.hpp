// One ControlNet's share in a generation (Zhang et al. 2023), run frame by frame inside the video pipeline.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>

namespace zoetrope {

/// What one net is shown, how strongly it counts, and during which share of the steps.
struct control {
  std::size_t net = 0;  ///< its place in text_to_video_model::controlnets
  at::Tensor
      frames;  ///< f c h w in [0, 1], of the clip's length and size; c as the net takes it, 3 as a rule
  double scale = 1.0;             ///< residuals are multiplied by it; 0: the net is not run
  double start = 0.0, end = 1.0;  ///< step i of n is inside unless i / n < start or (i + 1) / n > end
  /// Only the positive half of the guidance batch is controlled, with residuals weakened the more the earlier
  /// they are.
  bool guess_mode = false;
};

/// What it did at one step.
struct control_report {
  double scale = 0;  ///< 0: it was not run
  at::Tensor
      mid;  ///< rows f c h w, scaled: its residual for the middle block, of the rows that it was run on
};

}  // namespace zoetrope
