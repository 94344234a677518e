// What a result must say about the machine it was measured on, and how much memory this process has used.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/config.hpp"

namespace zoetrope {

struct cpu_description {
  std::string model;               ///< "AMD EPYC 7B13"; empty where the system does not say
  int cores = 0;                   ///< physical cores of the machine
  int logical_processors = 0;      ///< hardware threads of the machine
  std::set<std::string> features;  ///< as Linux spells them: avx2, avx512_bf16, amx_bf16, …

  bool has(const std::string& feature) const { return features.count(feature) > 0; }
  bool computes_bf16() const { return has("avx512_bf16") || has("amx_bf16") || has("bf16"); }
  bool computes_f16() const { return has("avx512_fp16") || has("amx_fp16") || has("asimdhp"); }
};

/// Reads the text of /proc/cpuinfo (x86 and arm64).
cpu_description parse_cpuinfo(std::string_view text);
/// This machine's, read once.
const cpu_description& this_cpu();

struct machine_info {
  cpu_description cpu;
  int threads = 0;  ///< that tensor operators use now
  int64_t memory_bytes = 0, available_bytes = 0;
  std::string torch_version;
  std::string compiler;
  std::string build_type;  ///< "Release", …
  bool cuda_kernels_built = false;
  std::string cuda_status;               ///< one line, see core/cuda/kernel_library.hpp
  std::map<std::string, bool> numerics;  ///< numerical_switches(); empty where no tensor can live on a GPU
};
/// What libtorch may do to numbers on a GPU, as it stands now: cublas_tf32, cudnn_tf32 (f32 products with 10
/// bits), cudnn_benchmark (the fastest of several ways, which may differ from run to run) and
/// cudnn_deterministic.
std::map<std::string, bool> numerical_switches();
machine_info this_machine();
/// The same as a JSON object, features reduced to those that matter to speed here.
json to_json(const machine_info& machine);

struct memory_use {
  int64_t resident_bytes = 0, peak_resident_bytes = 0;  ///< of the process, since start or reset_peak_memory
  int64_t gpu_bytes = 0, gpu_peak_bytes = 0;            ///< in tensors, by libtorch's allocator; 0 on a CPU
};
memory_use process_memory(at::Device device = at::kCPU);
/// Lets the peaks start again from what is in use now; what was freed is given back to the system first, so
/// that it does not count as in use.
void reset_peak_memory(at::Device device = at::kCPU);

}  // namespace zoetrope
