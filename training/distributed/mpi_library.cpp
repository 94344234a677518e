// See mpi_library.hpp.
#include "training/distributed/mpi_library.hpp"

#include <dlfcn.h>

#include "core/error.hpp"
#include "core/program_library.hpp"

namespace zoetrope {

std::unique_ptr<transport> open_mpi_transport(double timeout) {
  const std::filesystem::path file = program_library("libzoetrope_mpi.so");
  ZT_CHECK(!file.empty(), runtime,
           "distributed: started by mpirun or srun, but there is no libzoetrope_mpi.so beside the program; "
           "build with libopenmpi-dev, or start with torchrun");
  // Global: MPI opens components of its own that look for its symbols.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  ZT_CHECK(library != nullptr, runtime, "distributed: ", ::dlerror());
  auto* make = reinterpret_cast<mpi_transport_maker*>(::dlsym(library, "zt_open_mpi_transport"));
  ZT_CHECK(make != nullptr, runtime, "distributed: ", ::dlerror());
  return std::unique_ptr<transport>(make(timeout));
}

}  // namespace zoetrope
