// Seeded random numbers. One generator a purpose, so that using one more draw here never changes the numbers
// there. Normal draws come from libtorch's CPU generator whatever device they end on: a seed gives the noise
// that Python's torch.Generator("cpu").manual_seed(seed) gives.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

namespace zoetrope {

class generator {
 public:
  explicit generator(uint64_t seed);
  /// A generator for another purpose ("weights", "dropout", …) under the same seed: its state has nothing in
  /// common with generator(seed).
  static generator for_purpose(uint64_t seed, std::string_view purpose);

  /// Standard normal, drawn on the CPU in `dtype` (the dtype is part of the stream, as in torch).
  at::Tensor normal(at::IntArrayRef shape, at::ScalarType dtype = at::kFloat);
  /// Uniform in [low, high).
  at::Tensor uniform(at::IntArrayRef shape, double low, double high, at::ScalarType dtype = at::kFloat);
  at::Generator& torch() { return generator_; }

 private:
  at::Generator generator_;
};

}  // namespace zoetrope
