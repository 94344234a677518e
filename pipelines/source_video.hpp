// A clip to start from instead of noise: video to video (SDEdit: Meng et al. 2022), pictures given for single
// frames, and inpainting with a mask for each frame. As diffusers' StableDiffusionXLImg2ImgPipeline and
// -InpaintPipeline (four latent channels) do it, frame by frame.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

struct source_video {
  at::Tensor frames;  ///< f 3 h w in [0, 1], of the clip's length and size
  /// f 1 h w in [0, 1]: 1 is made anew, 0 stays as in `frames`: at the end its latents are the source's own.
  /// A latent pixel takes the mask of its first pixel. Undefined: all is made anew.
  at::Tensor mask;
  /// Share of the steps that are run, (0, 1]: the last int(steps * strength). At 1 a masked clip starts from
  /// pure noise; one without a mask shows through the first level's noise even then (it is weak, but it is
  /// there).
  double strength = 0.8;
};

}  // namespace zoetrope
