// See kernel_difference.hpp.
#include "eval/kernel_difference.hpp"

#include <map>

namespace zoetrope {

std::vector<gpu_kernel> kernel_difference(c10::Device device, const std::function<void()>& with,
                                          const std::function<void()>& without) {
  if (device.is_cpu()) return {};
  std::map<std::string, gpu_kernel> less;
  for (const gpu_kernel& kernel : gpu_kernels_of(device, without)) less[kernel.name] = kernel;
  std::vector<gpu_kernel> kernels;
  for (gpu_kernel kernel : gpu_kernels_of(device, with)) {
    kernel.launches -= less[kernel.name].launches;
    kernel.seconds -= less[kernel.name].seconds;
    if (kernel.launches > 0) kernels.push_back(kernel);
  }
  return kernels;
}

}  // namespace zoetrope
