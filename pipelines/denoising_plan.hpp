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

/// `call` over the same way in 1, 2, … steps, or in so many more than its scheduler takes at least: what else
/// chooses its levels (a list of them, a window, latents that go on from one, a source's strength) is left
/// out.
text_to_video_call in_few_steps(const text_to_video_model& model, text_to_video_call call, int64_t steps);

}  // namespace zoetrope
