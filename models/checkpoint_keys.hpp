// The names that the original Stable Diffusion code gives to layers, under which single-file checkpoints are
// published: CompVis' latent-diffusion (Rombach et al. 2022), Stability's generative-models (SDXL: Podell et
// al. 2023), and open_clip. Blocks are numbered through there, so the names follow from how many layers our
// blocks have.
#pragma once

#include <map>
#include <string>

#include "core/tensor/weight_source.hpp"

namespace zoetrope {

/// A layer's original name -> ours: "input_blocks.4.1.proj_in" -> "down_blocks.1.attentions.0.proj_in".
using layer_names = std::map<std::string, std::string>;
/// Every layer of a UNet that the originals have too; temporal layers have no such name.
layer_names original_unet_layers(const module& unet);
layer_names original_vae_layers(const module& vae);

/// Keys of the original code -> slots. A key that names no layer is mapped to itself, which no slot is
/// called.
key_map original_unet_keys(const module& unet);
key_map original_vae_keys(const module& vae);
/// open_clip's text tower -> clip_text_encoder: query, key and value are stored as one tensor, the projection
/// transposed.
key_map open_clip_keys();

/// `inner` for the keys that start with `prefix`, which it does not see; the others are not used.
key_map within(std::string prefix, key_map inner);

}  // namespace zoetrope
