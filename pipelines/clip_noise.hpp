// Where the random numbers of a generation come from: the initial latents, then what the scheduler asks for,
// from the CPU generator of each clip, so that a clip of a batch is the clip that its seed gives alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/tensor/random.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

class clip_noise {
 public:
  /// One seed for each clip, or a single one: a generator that all clips share.
  explicit clip_noise(const std::vector<uint64_t>& seeds);

  /// Standard normal on the CPU; shape[0] is the number of clips. Successive calls go on in the streams.
  at::Tensor draw(at::IntArrayRef shape, at::ScalarType dtype);

 private:
  std::vector<generator> generators_;
};

/// The seeds of a batch: given ones, seed + i from a single one, or drawn from the system where there is
/// none. `shared`: one for all clips, and 0 counts as none (Hotshot-XL tests the seed as a truth value).
std::vector<uint64_t> clip_seeds(const std::vector<uint64_t>& given, std::size_t clips, bool shared);

}  // namespace zoetrope
