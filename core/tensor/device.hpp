// Where tensors live and in which precision they are computed.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace zoetrope {

/// "cpu", "cuda" (the first), "cuda:1", or "auto": the first GPU where one can be used, else the CPU.
/// Opens libtorch's CUDA part on the way if there is a GPU (core/cuda/kernel_library.hpp). error{usage} says
/// what was got, and why a GPU that was asked for cannot be had.
at::Device parse_device(std::string_view text);
/// The same for process number `place` of those on this machine: "cuda" and "auto" are a GPU of its own, as
/// far as there are so many.
at::Device parse_device(std::string_view text, int place);

/// "f32", "f16" or "bf16"; error{usage} otherwise.
at::ScalarType parse_precision(std::string_view text);
/// The same, or "auto": f16 on a GPU, f32 on a CPU.
at::ScalarType wanted_precision(std::string_view text, at::Device device);
const char* name_of_precision(at::ScalarType dtype);

struct resolved_precision {
  at::ScalarType dtype;
  std::string note;  ///< one line for the user where `dtype` is not what was asked for; else empty
};
/// What `device` shall compute in when `wanted` is asked for: on a CPU without arithmetic for a 16-bit type
/// that type is emulated, 8 to 60 times slower than f32, so it is upcast and the note says so.
resolved_precision resolve_precision(at::ScalarType wanted, at::Device device);

/// Threads for tensor operators; 0 leaves libtorch's own choice (one a core). error{usage} below 0 or above
/// 4096.
void set_thread_count(int count);

/// Makes large CPU tensors cheap to allocate: freed memory is kept for the next tensor (tensor_heap.hpp), in
/// huge pages where there are any. Without it a fresh activation costs more in page faults than in
/// arithmetic. A program calls it first thing in main, before any tensor; what the user has set in the
/// environment stays.
void prepare_cpu_memory();

}  // namespace zoetrope
