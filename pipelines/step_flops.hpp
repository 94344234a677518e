// How much arithmetic one denoising step is: the UNet and each ControlNet, counted while they run without
// memory.
#pragma once

#include <cstdint>
#include <vector>

#include "pipelines/memory_plan.hpp"

namespace zoetrope {

/// Floating-point operations of one evaluation, two for a multiply-add, of matrix products, convolutions and
/// attention (core/tensor/flop_counter.hpp), over both halves of guidance. What is done once a clip (keys and
/// values of the text, the embedded control pictures) is not in it.
struct step_flops {
  int64_t unet = 0;
  std::vector<int64_t> controls;  ///< one for each of the call's controls
};

/// `call` as for memory_planner::plan.
step_flops flops_of_step(const memory_planner& planner, const text_to_video_call& call);

}  // namespace zoetrope
