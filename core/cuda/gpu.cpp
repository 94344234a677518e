// See gpu.hpp. The driver's entry points are declared here by hand: cuda.h is not there on a machine without
// the toolkit, and their binary interface is frozen.
#include "core/cuda/gpu.hpp"

#include <dlfcn.h>

#include "core/error.hpp"

namespace zoetrope {

namespace {

constexpr int attribute_compute_major = 75, attribute_compute_minor = 76;

template <class Function>
bool look_up(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

gpu_survey ask_driver() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return {{}, "no NVIDIA driver (libcuda.so.1 not found)"};

  int (*initialise)(unsigned);
  int (*count_devices)(int*);
  int (*get_name)(char*, int, int);
  int (*total_memory)(std::size_t*, int);
  int (*get_attribute)(int*, int, int);
  if (!look_up(driver, "cuInit", initialise) || !look_up(driver, "cuDeviceGetCount", count_devices) ||
      !look_up(driver, "cuDeviceGetName", get_name) ||
      !look_up(driver, "cuDeviceTotalMem_v2", total_memory) ||
      !look_up(driver, "cuDeviceGetAttribute", get_attribute))
    return {{}, "the NVIDIA driver lacks an entry point (libcuda.so.1 is too old or a stub)"};

  int count = 0, status = initialise(0);
  if (status == 0) status = count_devices(&count);
  if (status != 0) return {{}, concat("the NVIDIA driver shows no GPU (CUDA error ", status, ")")};
  if (count == 0) return {{}, "the NVIDIA driver shows no GPU"};

  gpu_survey survey;
  for (int device = 0; device < count; ++device) {  // a device's handle is its ordinal
    char name[256] = "";
    std::size_t bytes = 0;
    gpu found;
    get_name(name, sizeof name, device);
    total_memory(&bytes, device);
    get_attribute(&found.compute_major, attribute_compute_major, device);
    get_attribute(&found.compute_minor, attribute_compute_minor, device);
    found.name = name;
    found.memory_bytes = static_cast<int64_t>(bytes);
    survey.gpus.push_back(std::move(found));
  }
  return survey;
}

}  // namespace

const gpu_survey& survey_gpus() {
  static const gpu_survey survey = ask_driver();
  return survey;
}

}  // namespace zoetrope
