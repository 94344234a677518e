// Shared libraries of ours that are opened at run time.
#pragma once

#include <filesystem>
#include <string>

namespace zoetrope {

/// Beside the program, or in the lib folder next to the program's (build and install); empty where there is
/// none of that name.
std::filesystem::path program_library(const std::string& name);

}  // namespace zoetrope
