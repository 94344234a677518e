// What the tests of foreign weights share: published models without memory, and LoRA files made on the spot.
#pragma once

#include <ATen/ATen.h>

#include "../core/temporary_folder.hpp"
#include "core/tensor/weights.hpp"
#include "models/presets.hpp"

namespace zoetrope {

/// A component's config of a preset; those of `sdxl` and `hotshot-xl` are the published ones.
inline config preset_config(const std::string& preset, const std::string& part) {
  for (const auto& [name, options] : model_presets().find(preset)().components)
    if (name == part) return config(options, part);
  throw error(error_kind::runtime, "no such part");
}
inline config sdxl_config(const std::string& part) { return preset_config("sdxl", part); }

inline at::Tensor numbers(at::IntArrayRef shape, int64_t seed) { return generator(seed).normal(shape); }

inline std::filesystem::path put_tensors(const temporary_folder& folder, const std::string& name,
                                         const tensor_map& tensors,
                                         const std::map<std::string, std::string>& metadata = {}) {
  save_tensors(folder / name, tensors, metadata);
  return folder / name;
}

}  // namespace zoetrope
