// How a kernel is launched, and its dynamic shared memory: the two things that CUDA spells with syntax of its
// own. Through these a .cu file is also plain C++, so that tests can run its kernels on a CPU
// (tests/cuda_emulation).
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

namespace zoetrope {

template <class Type>
struct as_written {
  using type = Type;
};

/// kernel<<<grid, block, shared_bytes, stream>>>(arguments…); errors are left to cudaGetLastError, as there.
/// More than 48 KB of shared memory are asked for on the way.
template <class... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes,
            cudaStream_t stream, typename as_written<Parameters>::type... arguments) {
  constexpr std::size_t granted = 48 << 10;
  if (shared_bytes > granted)
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
  void* pointers[] = {&arguments...};
  cudaLaunchKernel(kernel, grid, block, pointers, shared_bytes, stream);
}

/// The block's dynamic shared memory, aligned to 128 bytes. All calls in a kernel give the same memory.
template <class Element>
__device__ __forceinline__ Element* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(128) unsigned char zt_dynamic_shared_bytes[];
  return reinterpret_cast<Element*>(zt_dynamic_shared_bytes);
#else
  return static_cast<Element*>(cuda_emulation::dynamic_shared());
#endif
}

}  // namespace zoetrope
