// The two libraries that a run on a GPU needs, opened at run time only where there is a GPU: libtorch_cuda
// (beside libtorch_cpu), and our kernels (libzoetrope_cuda.so, beside the program). So one program serves
// both kinds of machine, and a start without GPU pays nothing for CUDA.
#pragma once

#include <string>

namespace zoetrope {

struct cuda_libraries {
  bool torch = false;    ///< tensors can live on a GPU
  bool kernels = false;  ///< and our own kernels can run there; false: libtorch's operators serve instead
  std::string problem;   ///< why one of them is not there
};

/// Opens both on the first call. Must come before any tensor work that asks libtorch about CUDA (parse_device
/// does it): libtorch decides once a process whether it has CUDA.
const cuda_libraries& open_cuda();

/// Whether this build made libzoetrope_cuda.so.
bool cuda_kernels_built();

/// For tests: launchers in `library` (of dlopen) that work on a CPU's memory, and from now on serve its
/// tensors instead of the CPU twins. nullptr ends it.
void emulate_kernels(void* library);
bool kernels_emulated();

/// Address of a launcher in libzoetrope_cuda.so or what emulates it; nullptr where neither is open.
/// error{runtime} if there is no such launcher in it.
void* kernel_symbol(const char* name);

/// kernel_launcher(zt_name) has the launcher's own type: declared once, in kernels/name.h.
template <class Launcher>
Launcher* kernel_launcher(const char* name) {
  return reinterpret_cast<Launcher*>(kernel_symbol(name));
}

/// One line: built without kernels / no driver / no GPU / what GPU, its memory, and whether our kernels are
/// open.
std::string cuda_status();

}  // namespace zoetrope
