// A module's freshly drawn weights, written to a safetensors file one layer at a time.
#pragma once

#include <filesystem>
#include <functional>

#include "core/tensor/module.hpp"

namespace zoetrope {

/// Draws every tensor of `part`, none of which may be loaded, writes it in `dtype` and frees it: memory of
/// the largest layer. The file appears whole or not at all. `on_tensor` is told how many are done; it may
/// throw.
void write_fresh_weights(module& part, const std::filesystem::path& file, generator& random,
                         at::ScalarType dtype, const std::function<void(int64_t done)>& on_tensor);

}  // namespace zoetrope
