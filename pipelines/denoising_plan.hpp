// Which noise levels a call runs through, and the scheduler that takes the steps.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "pipelines/text_to_video.hpp"

namespace zoetrope {

struct denoising_plan {
  std::unique_ptr<scheduler> steps;
  std::vector<double> timesteps;  ///< those to run, in order
};

/// Sets the scheduler's levels and keeps those inside denoising_start … denoising_end and within the source's
/// strength; error{usage} if none is left.
denoising_plan plan_denoising(const text_to_video_model& model, const text_to_video_call& call);

}  // namespace zoetrope
