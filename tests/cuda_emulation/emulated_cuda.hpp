// For tests of kernels: while it exists, CPU tensors are computed by the CUDA kernels, emulated.
#pragma once

#include <dlfcn.h>

#include <stdexcept>

#include "core/cuda/kernel_library.hpp"

namespace zoetrope {

class emulated_cuda {
 public:
  /// capability: of the device, 8 for 8.0 or 9 for 9.0
  explicit emulated_cuda(int capability = 8) {
    library_ = dlopen(ZOETROPE_CUDA_EMULATION, RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) throw std::runtime_error(dlerror());
    reinterpret_cast<void (*)(int)>(dlsym(library_, "zt_emulation_set_capability"))(capability);
    emulate_kernels(library_);
  }
  ~emulated_cuda() {
    set_reverse(false);
    emulate_kernels(nullptr);
  }
  emulated_cuda(const emulated_cuda&) = delete;
  emulated_cuda& operator=(const emulated_cuda&) = delete;

  /// Whether threads run in reverse between barriers; a result that depends on it shows a race.
  void set_reverse(bool reverse) {
    reinterpret_cast<void (*)(bool)>(dlsym(library_, "zt_emulation_set_reverse"))(reverse);
  }

 private:
  void* library_;
};

}  // namespace zoetrope
