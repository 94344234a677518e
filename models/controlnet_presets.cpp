// See controlnet_presets.hpp.
#include "models/controlnet_presets.hpp"

namespace zoetrope {

namespace {

model_preset fitting(const char* preset, const std::vector<int>& widths) {
  const json unet = model_presets().find(preset)().component("unet");
  return {.components = {{"controlnet", controlnet_config(unet, widths)}}};
}

}  // namespace

json controlnet_config(const json& unet, const std::vector<int>& widths) {
  json net = image_unet_config(unet);
  for (const char* key : {"center_input_sample", "out_channels", "sample_size", "up_block_types"})
    net.erase(key);
  net.update({{"_class_name", "ControlNetModel"},
              {"conditioning_channels", 3},
              {"conditioning_embedding_out_channels", widths},
              {"controlnet_conditioning_channel_order", "rgb"},
              {"global_pool_conditions", false}});
  return net;
}

model_preset controlnet_sdxl() { return fitting("hotshot-xl", {16, 32, 96, 256}); }
model_preset controlnet_tiny() { return fitting("tiny", {8, 16, 32, 32}); }

}  // namespace zoetrope
