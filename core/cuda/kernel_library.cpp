// See kernel_library.hpp.
#include "core/cuda/kernel_library.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <filesystem>

#include "core/cuda/gpu.hpp"
#include "core/error.hpp"
#include "core/program_library.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

std::string last_loader_error() {
  const char* text = dlerror();
  return text == nullptr ? "unknown error" : text;
}

/// libtorch_cuda must be the one that belongs to the libtorch_cpu of this process.
fs::path torch_cuda_path() {
  link_map* loaded = nullptr;
  void* torch_cpu = dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD);
  if (torch_cpu == nullptr || dlinfo(torch_cpu, RTLD_DI_LINKMAP, &loaded) != 0) return {};
  return fs::path(loaded->l_name).parent_path() / "libtorch_cuda.so";
}

constexpr const char* kernels_name = "libzoetrope_cuda.so";

/// $ZOETROPE_CUDA_LIBRARY, or ours.
fs::path kernel_library_file() {
  const char* chosen = std::getenv("ZOETROPE_CUDA_LIBRARY");
  return chosen ? fs::path(chosen) : program_library(kernels_name);
}

struct opened_libraries {
  cuda_libraries state;
  void* kernels = nullptr;
};

void open_kernels(opened_libraries& opened) {
  const fs::path file = kernel_library_file();
  if (std::error_code ignored; !fs::exists(file, ignored)) {
    opened.state.problem = cuda_kernels_built() ? concat(kernels_name, " not found beside the program")
                                                : "this build has no CUDA kernels";
    return;
  }
  opened.kernels = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened.kernels == nullptr) {
    opened.state.problem = last_loader_error();
    return;
  }
  using version_function = const char*();
  auto* version = reinterpret_cast<version_function*>(dlsym(opened.kernels, "zt_cuda_version"));
  if (version == nullptr || std::string(version()) != ZOETROPE_VERSION) {
    opened.state.problem =
        concat(file.string(), " is of another version than this program (", ZOETROPE_VERSION, ")");
    opened.kernels = nullptr;
    return;
  }
  opened.state.kernels = true;
}

opened_libraries open_all() {
  opened_libraries opened;
  if (survey_gpus().gpus.empty()) {
    opened.state.problem = survey_gpus().problem;
    return opened;
  }
  const fs::path torch_cuda = torch_cuda_path();
  std::error_code ignored;
  if (torch_cuda.empty() || !fs::exists(torch_cuda, ignored)) {
    opened.state.problem = "libtorch here is a CPU build (no libtorch_cuda.so)";
    return opened;
  }
  // Global: the kernels' and torch's own later libraries must see the same symbols.
  if (dlopen(torch_cuda.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    opened.state.problem = last_loader_error();
    return opened;
  }
  opened.state.torch = true;
  open_kernels(opened);
  return opened;
}

const opened_libraries& libraries() {
  static const opened_libraries opened = open_all();
  return opened;
}

void* emulation = nullptr;

}  // namespace

const cuda_libraries& open_cuda() { return libraries().state; }

bool cuda_kernels_built() {
#ifdef ZOETROPE_BUILD_CUDA
  return true;
#else
  return false;
#endif
}

void emulate_kernels(void* library) { emulation = library; }

bool kernels_emulated() { return emulation != nullptr; }

void* kernel_symbol(const char* name) {
  void* library = kernels_emulated() ? emulation : libraries().kernels;
  if (library == nullptr) return nullptr;
  void* symbol = dlsym(library, name);
  ZT_CHECK(symbol != nullptr, runtime, "libzoetrope_cuda.so has no launcher '", name, "'");
  return symbol;
}

std::string cuda_status() {
  const std::string built = cuda_kernels_built() ? "kernels built" : "built without kernels";
  if (survey_gpus().gpus.empty()) return concat(built, "; ", survey_gpus().problem);
  std::string devices;
  for (const gpu& device : survey_gpus().gpus)
    devices += concat(devices.empty() ? "" : ", ", device.name, " (", device.memory_bytes >> 20,
                      " MiB, compute ", device.compute_major, ".", device.compute_minor, ")");
  const cuda_libraries& state = open_cuda();
  if (!state.torch) return concat(built, "; ", devices, ", but it cannot be used: ", state.problem);
  if (!state.kernels) return concat(devices, "; libtorch's operators only: ", state.problem);
  return concat(devices, "; own kernels in use");
}

}  // namespace zoetrope
