// JSON as text. Bytes that are not UTF-8, as names of files may have them, come out as U+FFFD: what a run
// found is told all the same.
#pragma once

#include <string>

#include "core/config.hpp"

namespace zoetrope {

/// On one line, keys sorted, no spaces: what is hashed and stored.
std::string compact(const json& tree);
/// SHA-256 of the compact text: the order of a file's keys does not count.
std::string config_hash(const json& config);
/// Indented by two, for people and for other programs.
std::string pretty(const json& tree);

}  // namespace zoetrope
