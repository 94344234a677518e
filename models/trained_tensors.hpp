// The tensors of a layer that get gradients: its own weights, and the adapters beside them.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/tensor/module.hpp"

namespace zoetrope {

std::vector<at::Tensor> trained_tensors_of(const module& layer);

}  // namespace zoetrope
