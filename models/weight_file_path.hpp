// A single file of weights that the user names, outside any model folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/io/safetensors.hpp"

namespace zoetrope {

/// Opens a .safetensors file; in a folder, the first of `usual_names` that is there, or else its only
/// .safetensors file. error{bad_input} for a pickle (.ckpt, .bin, .pt, .pth), which could run code, and for a
/// folder that is not clear.
safetensors_file open_weight_file(const std::filesystem::path& path,
                                  const std::vector<std::string>& usual_names = {});

}  // namespace zoetrope
