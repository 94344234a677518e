// Wall-clock time of device work.
#include "pipelines/stopwatch.hpp"

#include <utility>

#include "core/tensor/gpu_work.hpp"

namespace zoetrope {

stopwatch::stopwatch(c10::Device device) : device_(device) {
  wait_for(device_);
  start_ = std::chrono::steady_clock::now();
}

double stopwatch::lap() {
  wait_for(device_);
  const auto now = std::chrono::steady_clock::now();
  return std::chrono::duration<double>(now - std::exchange(start_, now)).count();
}

}  // namespace zoetrope
