// The time of a UNet's parts by kind (unet_part_kind), seen through its tap while it runs.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/tensor/module.hpp"

namespace zoetrope {

/// The kind of part that the UNet's module at `path` belongs to: resnet, spatial_transformer,
/// temporal_transformer, temporal_behind_resnet, resampling or other.
std::string unet_part_kind(const std::string& path);

/// Sets the tap of `watched`, and clears it in the end.
class part_clock {
 public:
  explicit part_clock(module& watched);
  ~part_clock();
  part_clock(const part_clock&) = delete;
  part_clock& operator=(const part_clock&) = delete;

  /// Seconds by kind since the last call, of one evaluation that took `evaluation` seconds. What no kind
  /// took is "other": time between two evaluations is in none.
  std::map<std::string, double> lap(double evaluation);

 private:
  using clock = std::chrono::steady_clock;
  module& watched_;
  clock::time_point last_ = clock::now();
  std::map<std::string, double> seconds_;
};

}  // namespace zoetrope
