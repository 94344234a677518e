// Wall-clock time of work that may run asynchronously on a device.
#pragma once

#include <c10/core/Device.h>

#include <chrono>

namespace zoetrope {

class stopwatch {
 public:
  explicit stopwatch(c10::Device device);
  /// Since construction or the last lap, the device waited for.
  double lap();

 private:
  c10::Device device_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace zoetrope
