// Work that a device does while the host goes on: waiting for it, and of which kernels it consists.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace zoetrope {

/// Until `device` has done all that it was given; at once for a CPU.
void wait_for(c10::Device device);

/// What a GPU ran under one name: a kernel, a copy or a fill.
struct gpu_kernel {
  std::string name;
  int64_t launches = 0;
  double seconds = 0;  ///< of all launches
};
/// What `work` gives a GPU to run, most seconds first, by libtorch's profiler; empty on a CPU. Waits for the
/// end of it. Looking costs the host time, the GPU hardly any.
std::vector<gpu_kernel> gpu_kernels_of(c10::Device device, const std::function<void()>& work);

}  // namespace zoetrope
