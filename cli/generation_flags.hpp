// The settings of `generate` as command-line options: every option that is given becomes a key of a layer of
// settings, the last one to be applied.
#pragma once

#include <CLI/CLI.hpp>

#include "core/config.hpp"

namespace zoetrope {

/// Adds one option a setting to `command`; what is given lands in `given`, which must outlive the parsing.
void add_setting_flags(CLI::App& command, json& given);

}  // namespace zoetrope
