// Weights of a network for measurements, drawn where they shall lie: neither a file nor memory of the CPU.
#pragma once

#include <ATen/ATen.h>

#include <cmath>

#include "core/tensor/module.hpp"

namespace zoetrope {

/// Matrices and kernels from N(0, 1 / sqrt(fan in)), scales of norms 1, biases 0, tables as they are defined;
/// by libtorch's own generator of `device`.
inline void fill_at_random(module& part, at::ScalarType dtype, at::Device device) {
  const at::TensorOptions options = at::TensorOptions(device).dtype(dtype);
  for (const parameter_slot& slot : part.slots()) {
    const at::IntArrayRef shape = slot.shape;
    if (slot.init.kind == initializer::law::constant_table) {
      *slot.tensor = slot.init.table().to(device, dtype);
    } else if (shape.size() < 2) {
      *slot.tensor = slot.name.ends_with("bias") ? at::zeros(shape, options) : at::ones(shape, options);
    } else {
      const auto fan_in = static_cast<double>(c10::multiply_integers(shape) / shape[0]);
      const at::Tensor drawn = at::randn(shape, options).mul_(1 / std::sqrt(fan_in));
      *slot.tensor = slot.channels_last ? drawn.contiguous(at::MemoryFormat::ChannelsLast) : drawn;
    }
  }
}

}  // namespace zoetrope
