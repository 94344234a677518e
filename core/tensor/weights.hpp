// Between files and tensors: tensors of a safetensors file as at::Tensor without copying, and the way back.
// Filling a module from a file is weight_source.hpp's.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

#include "core/io/safetensors.hpp"
#include "core/tensor/module.hpp"

namespace zoetrope {

using tensor_map = std::map<std::string, at::Tensor>;

at::ScalarType scalar_type_of(element_type type);
element_type element_type_of(at::ScalarType type);

/// The bytes where they lie in the mapping (which the tensor keeps alive); copied only if misaligned. Do not
/// write to it.
at::Tensor as_tensor(const safetensors_file& file, const stored_tensor& stored);
/// Every tensor of a file, by name.
tensor_map load_tensors(const std::filesystem::path& file);
/// Any device and strides; written contiguous.
void save_tensors(const std::filesystem::path& file, const tensor_map& tensors,
                  const std::map<std::string, std::string>& metadata = {});

/// The module's tensors under its own names.
tensor_map state_of(const module& source);

}  // namespace zoetrope
