// What atomic_file and atomic_folder share: the part that is written beside the final name, held by one run
// at a time.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "core/error.hpp"

namespace zoetrope {

/// error{runtime}: "<path>: cannot be written: <why>".
error cannot_write(const std::filesystem::path& path, const std::string& why);

/// What is behind a link, which is replaced, not the link; other paths as they are.
std::filesystem::path behind_link(std::filesystem::path path);

/// "." for a bare name.
std::filesystem::path folder_of(const std::filesystem::path& path);

/// The descriptor that `open` gives of `part`, locked, so that two runs with one output name cannot mix their
/// bytes. `type` is S_IFREG or S_IFDIR. error{runtime} where it is something else or another run has it.
int locked_part(const std::filesystem::path& part, mode_t type, const std::function<int()>& open);

}  // namespace zoetrope
