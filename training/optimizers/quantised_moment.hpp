// A moment of an optimizer in 8 bits (dynamic_map): codes u8 [blocks, 256] over the elements in their order,
// the last block filled up with zeros, and the largest size of each block, f32 [blocks].
#pragma once

#include <ATen/core/Tensor.h>

#include "training/optimizers/dynamic_map.hpp"

namespace zoetrope {

struct quantised_moment {
  /// Zeros for `count` elements.
  static quantised_moment zeros(const dynamic_map& map, int64_t count, at::Device device);

  /// `count` values of a block, on the CPU.
  void read_block(int64_t block, int64_t count, float* values) const;
  void write_block(int64_t block, int64_t count, const float* values) const;

  /// All `count` values, on any device: f32 [count].
  at::Tensor read(int64_t count) const;
  void write(const at::Tensor& values) const;

  const dynamic_map* map;
  at::Tensor codes, largest;
};

}  // namespace zoetrope
