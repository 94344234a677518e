// The CUDA runtime's limits for a launch, as compute capability 9.0 has them.
#include <cuda.h>
#include <cuda_runtime_api.h>

#include <string_view>

namespace cuda_emulation {

cudaError_t& last_error() {
  static cudaError_t error = cudaSuccess;
  return error;
}

bool fits(dim3 grid, dim3 block, size_t shared_bytes) {
  const uint64_t threads = static_cast<uint64_t>(block.x) * block.y * block.z;
  return grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.x <= 0x7fffffff && grid.y <= 0xffff &&
         grid.z <= 0xffff && threads > 0 && threads <= 1024 && block.z <= 64 &&
         shared_bytes <= most_shared_bytes;
}

}  // namespace cuda_emulation

namespace {
int capability = 8;  // .0
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int) {
  constexpr int multiprocessors = 1;  // so that a persistent block has many rounds
  *value = which == cudaDevAttrMultiProcessorCount      ? multiprocessors
           : which == cudaDevAttrComputeCapabilityMajor ? capability
                                                        : 0;
  return cudaSuccess;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult*) {
  if (std::string_view(name) != "cuTensorMapEncodeTiled") return cudaErrorInvalidValue;
  *function = reinterpret_cast<void*>(&cuTensorMapEncodeTiled);
  return cudaSuccess;
}

// For emulated_cuda.hpp, which opens the library at run time.
extern "C" void zt_emulation_set_reverse(bool reverse) {
  cuda_emulation::set_thread_order(reverse ? cuda_emulation::thread_order::reverse
                                           : cuda_emulation::thread_order::forward);
}
extern "C" void zt_emulation_set_capability(int major) { capability = major; }
