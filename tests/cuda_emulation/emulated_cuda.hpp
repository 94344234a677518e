// For tests of kernels: while it exists, CPU tensors are computed by the CUDA kernels, emulated.
#pragma once

#include <dlfcn.h>

#include <stdexcept>

#include "core/cuda/kernel_library.hpp"

namespace zoetrope {

class emulated_cuda {
 public:
  emulated_cuda() {
    void* library = dlopen(ZOETROPE_CUDA_EMULATION, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    emulate_kernels(library);
  }
  ~emulated_cuda() { emulate_kernels(nullptr); }
  emulated_cuda(const emulated_cuda&) = delete;
  emulated_cuda& operator=(const emulated_cuda&) = delete;
};

}  // namespace zoetrope
