// From the network's output at a step to the next latents: guidance, then the scheduler; in one pass where
// the step is linear.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipelines/guidance.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

/// input.model_output is that of the network before guidance: the rows of the negatives, then as many
/// positives, or the positives alone where guidance is not active. input.sample has the rows of one half, as
/// the result has.
at::Tensor sampling_step(scheduler& steps, const step_input& input, const guidance_options& guidance);

}  // namespace zoetrope
