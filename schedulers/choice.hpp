// Reading options that are one name of a few: what a class does not know is refused by name, with the nearest
// hint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

/// The string at `key`; error{bad_input} unless it is one of `known`.
std::string read_choice(const config& options, const char* key, const char* fallback,
                        const std::vector<std::string>& known);
/// num_train_timesteps (default 1000), between 1 and a million.
int64_t read_num_train_timesteps(const config& options);

}  // namespace zoetrope
