// Temporal weights of a motion family over any image UNet that they fit: an SDXL model that moves as
// Hotshot-XL or AnimateDiff does.
#pragma once

#include <filesystem>

#include "models/unet3d.hpp"
#include "pipelines/part_origin.hpp"

namespace zoetrope {

/// `unet` with the temporal layers of `motion` (open_motion_weights) instead of its own, if it has any.
part_origin<unet3d> with_motion_of(const part_origin<unet3d>& unet, const std::filesystem::path& motion);

}  // namespace zoetrope
