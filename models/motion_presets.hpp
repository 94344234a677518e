// The UNets of video models other than Hotshot-XL, each one component, built from parts: where a paper's net
// has something that no part is, docs/configuration.md says so.
#pragma once

#include "models/presets.hpp"

namespace zoetrope {

/// AnimateDiff (Guo et al. 2023) on Stable Diffusion 1.5: v1 norms the image model's resnets over the clip,
/// v2 has a module in the middle too, v3 has not.
model_preset animatediff_v1();
model_preset animatediff_v2();
model_preset animatediff_v3();
/// On SDXL.
model_preset animatediff_sdxl();
/// VideoCrafter2 (Chen et al. 2024): a temporal convolution behind each resnet, a temporal transformer
/// without positions behind each spatial one, in the middle and behind conv_in.
model_preset videocrafter2();
/// Make-A-Video (Singer et al. 2022) in the sizes of lucidrains' make-a-video-pytorch.
model_preset make_a_video();
/// Imagen Video (Ho et al. 2022) in the sizes of lucidrains' imagen-pytorch.
model_preset imagen_video();

}  // namespace zoetrope
