// See gpu_work.hpp.
#include "core/tensor/gpu_work.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <map>

namespace zoetrope {

void wait_for(c10::Device device) {
  if (device.is_cpu() || device.is_meta()) return;
  // libtorch's device-neutral guard: no CUDA header here, and nothing to link where there is no CUDA.
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.synchronizeDevice(device.has_index() ? device.index() : guard.getDevice().index());
}

std::vector<gpu_kernel> gpu_kernels_of(c10::Device device, const std::function<void()>& work) {
  using namespace torch::autograd::profiler;
  using torch::profiler::impl::ActivityType, torch::profiler::impl::ProfilerConfig,
      torch::profiler::impl::ProfilerState;
  if (device.is_cpu()) {
    work();
    return {};
  }
  const ProfilerConfig config(ProfilerState::KINETO);
  const std::set<ActivityType> activities{ActivityType::CUDA};
  wait_for(device);
  prepareProfiler(config, activities);
  enableProfiler(config, activities);
  work();
  wait_for(device);
  const auto seen = disableProfiler();
  std::map<std::string, gpu_kernel> by_name;
  for (const KinetoEvent& event : seen->events()) {
    if (event.deviceType() != device.type()) continue;
    gpu_kernel& kernel = by_name[event.name()];
    kernel.name = event.name();
    ++kernel.launches;
    kernel.seconds += 1e-9 * static_cast<double>(event.durationNs());
  }
  std::vector<gpu_kernel> kernels;
  for (const auto& [name, kernel] : by_name) kernels.push_back(kernel);
  std::sort(kernels.begin(), kernels.end(),
            [](const gpu_kernel& a, const gpu_kernel& b) { return a.seconds > b.seconds; });
  return kernels;
}

}  // namespace zoetrope
