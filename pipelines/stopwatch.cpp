// Wall-clock time of device work.
#include "pipelines/stopwatch.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

namespace zoetrope {

stopwatch::stopwatch(c10::Device device) : device_(device) {
  wait_for_device();
  start_ = std::chrono::steady_clock::now();
}

double stopwatch::lap() {
  wait_for_device();
  const auto now = std::chrono::steady_clock::now();
  return std::chrono::duration<double>(now - std::exchange(start_, now)).count();
}

void stopwatch::wait_for_device() const {
  if (device_.is_cpu() || device_.is_meta()) return;
  // libtorch's device-neutral guard: no CUDA header here, and nothing to link where there is no CUDA.
  const c10::impl::VirtualGuardImpl guard(device_.type());
  guard.synchronizeDevice(device_.has_index() ? device_.index() : guard.getDevice().index());
}

}  // namespace zoetrope
