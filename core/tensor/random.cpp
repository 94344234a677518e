// See random.hpp.
#include "core/tensor/random.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace zoetrope {

generator::generator(uint64_t seed) : generator_(at::make_generator<at::CPUGeneratorImpl>(seed)) {}

generator generator::for_purpose(uint64_t seed, std::string_view purpose) {
  // FNV-1a of the purpose, mixed with the seed by splitmix64's finaliser.
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char letter : purpose) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3u;
  uint64_t mixed = hash ^ (seed + 0x9e3779b97f4a7c15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return generator(mixed ^ (mixed >> 31));
}

at::Tensor generator::normal(at::IntArrayRef shape, at::ScalarType dtype) {
  return at::randn(shape, generator_, at::TensorOptions().dtype(dtype));
}

at::Tensor generator::uniform(at::IntArrayRef shape, double low, double high, at::ScalarType dtype) {
  return at::rand(shape, generator_, at::TensorOptions().dtype(dtype)).mul_(high - low).add_(low);
}

}  // namespace zoetrope
