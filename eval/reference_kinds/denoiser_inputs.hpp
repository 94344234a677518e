// What the cases of UNets and ControlNets have in common: how a run names its inputs.
#pragma once

#include "eval/reference_case.hpp"
#include "models/unet_encoder.hpp"

namespace zoetrope {

/// Timestep, pooled text and sizes of run `run`, whose options are `options`; sample and text are the
/// runner's.
void read_denoiser_input(denoiser_input& input, const reference_case& reference, const std::string& run,
                         const json& options);

}  // namespace zoetrope
