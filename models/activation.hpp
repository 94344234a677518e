// Pointwise activations by the names that diffusers' config files use.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/registry.hpp"

namespace zoetrope {

using activation = at::Tensor (*)(const at::Tensor& x);

/// silu (or swish), mish, gelu, relu.
const registry<activation>& activations();

}  // namespace zoetrope
