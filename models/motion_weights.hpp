// Temporal weights that come by themselves, to be put over an image UNet: Hotshot-XL's, AnimateDiff's motion
// modules (v1, v2, v3, SDXL) under the original names, and diffusers' MotionAdapters. All are the one module
// `transformer`; how it is built is inferred from the file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/io/safetensors.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {

struct motion_weights {
  enum class family { hotshot, animatediff, motion_adapter };
  family origin;
  std::vector<safetensors_file> files;
  json temporal;           ///< options of the UNet's `temporal` part
  std::string norm_scope;  ///< of the UNet's own resnets
  int64_t modules = 0, tensors = 0, unused = 0;
};

/// A .safetensors file; a MotionAdapter's folder; a UNet's folder, of which the temporal layers are taken; or
/// org/name in the local cache. error{bad_input} for a file without temporal weights, or with modules that
/// differ among themselves.
motion_weights open_motion_weights(const std::filesystem::path& path);

/// The image UNet's config (or a video UNet's, whose own temporal layers give way) with these temporal
/// layers.
json with_motion(const json& unet, const motion_weights& motion);
/// One line: family, modules, frames, placement, scopes, tensors used and not used.
std::string describe(const motion_weights& motion);

}  // namespace zoetrope
