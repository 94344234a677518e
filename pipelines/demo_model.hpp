// Where the model that comes with zoetrope lies.
#pragma once

#include <filesystem>
#include <optional>

namespace zoetrope {

/// $ZOETROPE_MODEL if that is set; else assets/tiny in the share folder beside an installed program, or in
/// the source tree that this program was built from.
std::optional<std::filesystem::path> find_demo_model();

}  // namespace zoetrope
