// The kernels of a part of a run on a GPU: those of a run with it beyond those of a run without it.
#pragma once

#include "core/tensor/gpu_work.hpp"

namespace zoetrope {

/// What `with` gives the GPU to do beyond `without`: most seconds first. Empty on a CPU, where neither is
/// run.
std::vector<gpu_kernel> kernel_difference(c10::Device device, const std::function<void()>& with,
                                          const std::function<void()>& without);

}  // namespace zoetrope
