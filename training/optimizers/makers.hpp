// The makers of all optimizers; each is defined in the file of its name.
#pragma once

#include "training/optimizer.hpp"

namespace zoetrope {

std::unique_ptr<optimizer> make_adamw(const config& options, trained_parameters parameters);
std::unique_ptr<optimizer> make_adamw8bit(const config& options, trained_parameters parameters);

}  // namespace zoetrope
