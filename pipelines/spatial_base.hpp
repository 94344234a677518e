// Another image UNet under a video model's temporal layers (Hotshot-XL's --spatial_unet_base): fine-tuned
// SDXL models draw other pictures and move alike.
#pragma once

#include <filesystem>
#include <string>

#include "models/unet3d.hpp"
#include "pipelines/part_origin.hpp"

namespace zoetrope {

/// `unet` with all but its temporal layers from `base`: a diffusers folder (or org/name in the local cache),
/// its unet/, or a single .safetensors file under original or diffusers' names. error{bad_input} names the
/// first key of the config that differs, got and wanted; temporal block types may. A file without a config is
/// checked by its tensors' shapes.
part_origin<unet3d> on_spatial_base(const part_origin<unet3d>& unet, const std::filesystem::path& base,
                                    const std::string& variant = "");

/// Files of a UNet for its temporal layers alone, or for all others.
std::vector<weight_file> share_of(std::vector<weight_file> files, bool temporal);

}  // namespace zoetrope
