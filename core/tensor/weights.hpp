// Between files and modules: tensors of a safetensors file as at::Tensor without copying, and loading them
// into a module's slots with every mismatch in one error.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "core/io/model_directory.hpp"
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

struct load_options {
  at::ScalarType dtype = at::kFloat;  ///< floating-point tensors are cast to it
  at::Device device = at::kCPU;
  /// A file's key -> the module's key, or empty to ignore it (old names, buffers that are not used).
  std::function<std::string(const std::string&)> rename = {};
  bool check_finite = false;  ///< error{numerical} at the first tensor with a NaN or infinity
};

/// Fills every slot of `target`. f16/bf16 tensors are cast one at a time and their pages released, so the
/// peak is the weights once plus one tensor. error{bad_input} lists all missing, unexpected and misshapen
/// tensors.
void load_weights(module& target, const std::vector<safetensors_file>& files,
                  const load_options& options = {});

/// The module's tensors under its own names.
tensor_map state_of(const module& source);

}  // namespace zoetrope
