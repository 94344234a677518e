// The configs behind the arms as flat tables, path -> value: what is constant within an arm, what differs
// between arms, and what all of them share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/arm_table.hpp"

namespace zoetrope {

using config_values = std::map<std::string, std::string>;

/// Paths on which all cells of the arm agree.
config_values constants_of(const arm& one);
/// Paths that not all arms have with the same value.
std::vector<std::string> differing_paths(const std::vector<config_values>& arms);
/// Those that all have.
config_values shared_values(const std::vector<config_values>& arms);

}  // namespace zoetrope
