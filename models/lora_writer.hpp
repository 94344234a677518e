// LoRA files as PEFT, diffusers, kohya's trainer and AnimateDiff write them: lora_layout.hpp has the names.
// The factor alpha / rank (Hu et al. 2021, section 4.1) stands where each of them looks for it:
//   diffusers    lora_adapter_metadata in the file's header
//   peft         adapter_config.json beside the file
//   kohya        a tensor <layer>.alpha
//   animatediff  nowhere: it is multiplied into up
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "models/lora_layout.hpp"

namespace zoetrope {

struct lora_layer_weights {
  lora_layer layer;
  at::Tensor down, up;  ///< [rank, in(, k, k)], [out, rank(, 1, 1)], as the layer's weight has two or four
};

struct lora_weights {
  int64_t rank;
  double alpha;
  std::vector<lora_layer_weights> layers;
};

/// Writes into a new folder, under the names by which lora_set and the Python libraries find the file there.
/// error{usage} for what the layout cannot hold; error{runtime} where it cannot be written.
void write_lora(const std::filesystem::path& folder, lora_layout layout, const lora_weights& weights);

}  // namespace zoetrope
