// See mpi_library.hpp.
#include "training/distributed/mpi_library.hpp"

#include <dlfcn.h>

#include <filesystem>

#include "core/error.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

/// Beside the program, or in the lib folder next to the program's (build and install).
fs::path library_file() {
  const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  for (const fs::path& file : {folder / "libzoetrope_mpi.so", folder / ".." / "lib" / "libzoetrope_mpi.so"})
    if (fs::exists(file)) return file;
  throw error(error_kind::runtime,
              concat("distributed: started by mpirun or srun, but there is no libzoetrope_mpi.so beside ",
                     folder.string(), "; build with libopenmpi-dev, or start with torchrun"));
}

}  // namespace

std::unique_ptr<transport> open_mpi_transport(double timeout) {
  // Global: MPI opens components of its own that look for its symbols.
  void* library = ::dlopen(library_file().c_str(), RTLD_NOW | RTLD_GLOBAL);
  ZT_CHECK(library != nullptr, runtime, "distributed: ", ::dlerror());
  auto* make = reinterpret_cast<mpi_transport_maker*>(::dlsym(library, "zt_open_mpi_transport"));
  ZT_CHECK(make != nullptr, runtime, "distributed: ", ::dlerror());
  return std::unique_ptr<transport>(make(timeout));
}

}  // namespace zoetrope
