// See device.hpp.
#include "core/tensor/device.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <malloc.h>

#include <cstdlib>

#include "core/cuda/gpu.hpp"
#include "core/cuda/kernel_library.hpp"
#include "core/error.hpp"
#include "core/parsed_number.hpp"
#include "core/tensor/machine.hpp"
#include "core/tensor/tensor_heap.hpp"

namespace zoetrope {

namespace {

at::Device cuda_device(std::string_view text, int index) {
  const cuda_libraries& libraries = open_cuda();
  ZT_CHECK(libraries.torch, usage, "device '", text, "': no GPU can be used: ", libraries.problem);
  ZT_CHECK(at::hasCUDA(), usage, "device '", text, "': libtorch had already decided that there is no CUDA");
  const auto count = static_cast<int>(survey_gpus().gpus.size());
  ZT_CHECK(index < count, usage, "device '", text, "': there is no such GPU; this machine has ", count);
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

}  // namespace

at::Device parse_device(std::string_view text) {
  constexpr std::string_view prefix = "cuda:";
  if (text == "cpu") return at::kCPU;
  if (text == "auto") return open_cuda().torch && at::hasCUDA() ? cuda_device(text, 0) : at::Device(at::kCPU);
  if (text == "cuda") return cuda_device(text, 0);
  if (text.substr(0, prefix.size()) == prefix) {
    const auto index = parsed_number<unsigned>(text.substr(prefix.size()));
    if (index && *index < 128) return cuda_device(text, static_cast<int>(*index));
  }
  throw error(error_kind::usage,
              concat("unknown device '", printable(text), "' (known: auto, cpu, cuda, cuda:0, cuda:1, …)"));
}

at::Device parse_device(std::string_view text, int place) {
  const at::Device first = parse_device(text);
  if (first.is_cpu() || (text != "auto" && text != "cuda")) return first;
  return cuda_device(text, place % static_cast<int>(survey_gpus().gpus.size()));
}

at::ScalarType parse_precision(std::string_view text) {
  if (text == "f32") return at::kFloat;
  if (text == "f16") return at::kHalf;
  if (text == "bf16") return at::kBFloat16;
  throw error(error_kind::usage, concat("unknown precision '", printable(text), "' (known: f32, f16, bf16)"));
}

at::ScalarType wanted_precision(std::string_view text, at::Device device) {
  if (text != "auto") return parse_precision(text);
  return device.is_cpu() ? at::kFloat : at::kHalf;
}

const char* name_of_precision(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return "f32";
    case at::kHalf:
      return "f16";
    case at::kBFloat16:
      return "bf16";
    default:
      return at::toString(dtype);
  }
}

resolved_precision resolve_precision(at::ScalarType wanted, at::Device device) {
  const cpu_description& cpu = this_cpu();
  const bool native = !device.is_cpu() || wanted == at::kFloat ||
                      (wanted == at::kBFloat16 && cpu.computes_bf16()) ||
                      (wanted == at::kHalf && cpu.computes_f16());
  if (native) return {wanted, ""};
  const char* name = name_of_precision(wanted);
  return {at::kFloat, concat("this CPU has no ", name, " arithmetic: ", name, " is upcast to f32")};
}

void set_thread_count(int count) {
  ZT_CHECK(count >= 0 && count <= 4096, usage, "threads: got ", count, ", wanted 0 (automatic) to 4096");
  if (count > 0) at::set_num_threads(count);
}

void prepare_cpu_memory() {
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);  // asks for huge pages
  use_tensor_heap();
#ifdef __GLIBC__
  // What is not a large tensor comes from the C library's heap, which then gives free memory back. Setting
  // the first also stops glibc from moving it about.
  constexpr int mapped_from = 1 << 20, trimmed_from = 8 << 20;
  if (std::getenv("MALLOC_MMAP_THRESHOLD_") == nullptr) mallopt(M_MMAP_THRESHOLD, mapped_from);
  if (std::getenv("MALLOC_TRIM_THRESHOLD_") == nullptr) mallopt(M_TRIM_THRESHOLD, trimmed_from);
#endif
}

}  // namespace zoetrope
