// ControlNets that fit the presets' UNets: the configuration that diffusers gives a ControlNet made from a
// UNet. Free of torch.
#pragma once

#include <vector>

#include "models/presets.hpp"

namespace zoetrope {

/// A ControlNetModel's config.json for a UNet's. `widths`: conditioning_embedding_out_channels, one for each
/// level of the VAE.
json controlnet_config(const json& unet, const std::vector<int>& widths);

/// For hotshot-xl and sdxl, of the sizes of the published ControlNets.
model_preset controlnet_sdxl();
/// For tiny.
model_preset controlnet_tiny();

}  // namespace zoetrope
