// See machine.hpp. Linux' /proc is the source: it names what the kernel has enabled, not only what the chip
// has.
#include "core/tensor/machine.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <malloc.h>
#include <torch/headeronly/version.h>

#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "core/cuda/kernel_library.hpp"

namespace zoetrope {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

/// Calls visit(key, value) for every "key : value" line.
template <class Visitor>
void for_each_entry(std::string_view text, Visitor visit) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
      visit(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
}

std::string proc_text(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// "VmHWM:   123 kB" of a /proc file, in bytes; 0 where it is not there.
int64_t proc_bytes(const char* path, std::string_view wanted) {
  int64_t kilobytes = 0;
  for_each_entry(proc_text(path), [&](std::string_view key, std::string_view value) {
    if (key == wanted) kilobytes = std::atoll(std::string(value).c_str());
  });
  return kilobytes * 1024;
}

}  // namespace

cpu_description parse_cpuinfo(std::string_view text) {
  cpu_description cpu;
  std::set<std::pair<std::string, std::string>> cores;
  std::string package;
  for_each_entry(text, [&](std::string_view key, std::string_view value) {
    if (key == "processor") ++cpu.logical_processors;
    if (key == "physical id") package = value;
    if (key == "core id") cores.emplace(package, value);
    if (key == "model name") cpu.model = value;
    if ((key == "flags" || key == "Features") && cpu.features.empty()) {
      std::istringstream words{std::string(value)};
      for (std::string word; words >> word;) cpu.features.insert(word);
    }
  });
  cpu.cores = cores.empty() ? cpu.logical_processors : static_cast<int>(cores.size());
  return cpu;
}

const cpu_description& this_cpu() {
  static const cpu_description cpu = parse_cpuinfo(proc_text("/proc/cpuinfo"));
  return cpu;
}

std::map<std::string, bool> numerical_switches() {
  const at::Context& torch = at::globalContext();
  return {{"cublas_tf32", torch.allowTF32CuBLAS()},
          {"cudnn_tf32", torch.allowTF32CuDNN()},
          {"cudnn_benchmark", torch.benchmarkCuDNN()},
          {"cudnn_deterministic", torch.deterministicCuDNN()}};
}

machine_info this_machine() {
  machine_info machine;
  machine.cpu = this_cpu();
  machine.threads = at::get_num_threads();
  machine.memory_bytes = proc_bytes("/proc/meminfo", "MemTotal");
  machine.available_bytes = proc_bytes("/proc/meminfo", "MemAvailable");
  machine.torch_version = TORCH_VERSION;
  machine.compiler = __VERSION__;
  machine.build_type = ZOETROPE_BUILD_TYPE;
  machine.cuda_kernels_built = cuda_kernels_built();
  machine.cuda_status = cuda_status();
  if (open_cuda().torch) machine.numerics = numerical_switches();
  return machine;
}

json to_json(const machine_info& machine) {
  json features = json::array();
  for (const char* name : {"avx2", "fma", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_fp16",
                           "asimd", "asimdhp", "bf16", "sve"})
    if (machine.cpu.has(name)) features.push_back(name);
  json described = {{"cpu", machine.cpu.model},
                    {"cores", machine.cpu.cores},
                    {"logical_processors", machine.cpu.logical_processors},
                    {"simd", features},
                    {"threads", machine.threads},
                    {"memory_bytes", machine.memory_bytes},
                    {"available_bytes", machine.available_bytes},
                    {"torch", machine.torch_version},
                    {"compiler", machine.compiler},
                    {"build_type", machine.build_type},
                    {"cuda_kernels_built", machine.cuda_kernels_built},
                    {"cuda", machine.cuda_status}};
  if (!machine.numerics.empty()) described["numerics"] = machine.numerics;
  return described;
}

memory_use process_memory(at::Device device) {
  memory_use use;
  use.resident_bytes = proc_bytes("/proc/self/status", "VmRSS");
  use.peak_resident_bytes = proc_bytes("/proc/self/status", "VmHWM");
  if (device.is_cpu()) return use;
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(std::max<int>(device.index(), 0));
  constexpr auto total = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  use.gpu_bytes = stats.allocated_bytes[total].current;
  use.gpu_peak_bytes = stats.allocated_bytes[total].peak;
  return use;
}

void reset_peak_memory(at::Device device) {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): resets VmHWM to the current resident set
  if (!device.is_cpu())
    c10::getDeviceAllocator(device.type())->resetPeakStats(std::max<int>(device.index(), 0));
}

}  // namespace zoetrope
