// What runs in a UNet besides this program's own code and what weights decide: TorchScript programs and plug-ins.
// Where a run is compared with an earlier one, their content counts.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

/// The TorchScript programs that a UNet's config names, in any of its parts, in order.
std::vector<std::string> torchscript_files(const json& unet);

}  // namespace zoetrope
