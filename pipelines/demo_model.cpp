// See demo_model.hpp.
#include "pipelines/demo_model.hpp"

#include <cstdlib>

namespace zoetrope {

namespace fs = std::filesystem;

std::optional<fs::path> find_demo_model() {
  if (const char* given = std::getenv("ZOETROPE_MODEL"); given && *given) return fs::path(given);
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  for (const fs::path& folder : {program.parent_path().parent_path() / "share/zoetrope/tiny",
                                 program.parent_path().parent_path().parent_path() / "assets/tiny",
                                 fs::path(ZOETROPE_SOURCE_DIR) / "assets/tiny"})
    if (fs::exists(folder / "model_index.json", ignored)) return folder;
  return std::nullopt;
}

}  // namespace zoetrope
