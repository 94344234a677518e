// Activations that another system recorded, as tensors of a safetensors file:
//   S.tap.LAYER         what LAYER returned in step S (1 …; 0: text; n + 1: decoding), b c f h w or (b f) c h
//   w unet_out_per_step   [steps, rows, c, f, h, w], the prediction before guidance, from the first step on
//   latents_per_step    [steps, b, c, f, h, w], after each step
//   video               [b, 3, f, h, w] in [0, 1]
// The last three are those of the whole generations in tests/goldens.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/activation_taps.hpp"

namespace zoetrope {

struct recorded_activations {
  activations seen;
  std::vector<std::string> unused;  ///< tensors of the file under other names
};

/// `steps`: how many there were. error{bad_input} for a file that cannot be read, that records nothing, or
/// that has steps beyond these.
recorded_activations read_recorded_activations(const std::filesystem::path& file, int64_t steps);

}  // namespace zoetrope
