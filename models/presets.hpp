// Complete model configurations by name: every component's config.json of a Hotshot-XL directory, full-size
// and small, from which `zoetrope init` makes a directory of random weights. Free of torch.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/config.hpp"
#include "core/registry.hpp"

namespace zoetrope {

/// A diffusers model directory without its weights.
struct model_preset {
  json index;  ///< model_index.json; null where the preset is one component's folder, as of a ControlNet
  std::vector<std::pair<std::string, json>> components;  ///< folder name -> its config, tokenizers left out
  json generation;                                       ///< generation_config.json; null where there is none

  /// error{bad_input} for one that it does not have.
  const json& component(const std::string& name) const;
  json& component(const std::string& name);
};

/// What the files of a component are called in its folder.
const char* config_file_name(const std::string& component);
const char* weight_file_name(const std::string& component);

using preset_maker = model_preset (*)();
/// `hotshot-xl` and `sdxl` (the released sizes) and `tiny` (those of assets/tiny); `controlnet-sdxl` and
/// `controlnet-tiny`, the ControlNets that fit them.
const registry<preset_maker>& model_presets();

/// A UNet's config.json without its temporal layers: a UNet2DConditionModel's.
json image_unet_config(json unet);
/// The reverse: an image UNet's config.json as that of a UNet3DConditionModel, a temporal module behind each
/// layer.
json video_unet_config(json unet);

/// A preset as one tree, the form in which `init --config FILE` takes a model of any shape:
/// {"model_index": …, "generation_config": …, "unet": …, "vae": …, …}.
json to_json(const model_preset& preset);
/// The reverse; a component that `tree` leaves out stays `base`'s, a key that it leaves out stays that
/// component's.
model_preset merged(model_preset base, const config& tree);

}  // namespace zoetrope
