// See program_library.hpp.
#include "core/program_library.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

fs::path program_library(const std::string& name) {
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& file : {folder / name, folder / ".." / "lib" / name})
    if (fs::exists(file, ignored)) return file;
  return {};
}

}  // namespace zoetrope
