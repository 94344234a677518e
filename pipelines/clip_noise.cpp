// Noise of a batch of clips.
#include "pipelines/clip_noise.hpp"

#include <ATen/ATen.h>

#include <random>

namespace zoetrope {

clip_noise::clip_noise(const std::vector<uint64_t>& seeds) : generators_(seeds.begin(), seeds.end()) {}

at::Tensor clip_noise::draw(at::IntArrayRef shape, at::ScalarType dtype) {
  if (generators_.size() == 1) return generators_[0].normal(shape, dtype);
  ZT_CHECK(!shape.empty() && shape[0] == static_cast<int64_t>(generators_.size()), runtime, "noise for ",
           shape.empty() ? 0 : shape[0], " clips asked of ", generators_.size(), " generators");
  std::vector<int64_t> clip_shape = shape.vec();
  clip_shape[0] = 1;
  std::vector<at::Tensor> clips;
  for (generator& random : generators_) clips.push_back(random.normal(clip_shape, dtype));
  return at::cat(clips);
}

std::vector<uint64_t> clip_seeds(const std::vector<uint64_t>& given, std::size_t clips, bool shared) {
  const bool unseeded = given.empty() || (shared && given.size() == 1 && given[0] == 0);
  // 32 bits: short enough to be typed in again, and exact in every JSON reader.
  const uint64_t first = unseeded ? std::random_device()() : given[0];
  if (shared) return {first};
  if (given.size() == clips) return given;
  std::vector<uint64_t> seeds;
  for (std::size_t i = 0; i < clips; ++i) seeds.push_back(first + i);
  return seeds;
}

}  // namespace zoetrope
