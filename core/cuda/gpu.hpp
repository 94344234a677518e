// Which GPUs there are, asked of the driver alone: no libtorch, no CUDA runtime. Where there is no driver the
// question costs one failed dlopen, so a program may ask it at every start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zoetrope {

struct gpu {
  std::string name;
  int64_t memory_bytes = 0;
  int compute_major = 0, compute_minor = 0;  ///< compute capability, 9.0 for an H100
};

struct gpu_survey {
  std::vector<gpu> gpus;
  std::string problem;  ///< why the list is empty: no driver, or what the driver said
};

/// Asked once a process. CUDA_VISIBLE_DEVICES counts.
const gpu_survey& survey_gpus();

}  // namespace zoetrope
