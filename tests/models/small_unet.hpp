// The config of a UNet of two levels, of which one attends: enough of one to run in milliseconds.
#pragma once

#include "core/config.hpp"

namespace zoetrope {

inline json small_unet() {
  return {{"_class_name", "UNet3DConditionModel"},
          {"down_block_types", {"DownBlock3D", "CrossAttnDownBlock3D"}},
          {"up_block_types", {"CrossAttnUpBlock3D", "UpBlock3D"}},
          {"block_out_channels", {32, 64}},
          {"layers_per_block", 1},
          {"norm_num_groups", 8},
          {"attention_head_dim", {2, 4}},
          {"cross_attention_dim", 12},
          {"use_linear_projection", true}};
}

}  // namespace zoetrope
