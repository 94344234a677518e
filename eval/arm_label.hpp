// What an arm is called in tables: its axes by the shortest names that tell them apart.
//   {"unet.temporal.type": "conv", "steps": 20}  ->  "temporal=conv, steps=20"
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/config.hpp"

namespace zoetrope {

/// Axis path -> name: without a last "type", and of what is left the shortest end that no other path has.
std::map<std::string, std::string> axis_names(const std::set<std::string>& paths);

/// Texts as they are, anything else as JSON.
std::string shown_value(const json& value);

/// The axes in the order of their names; "(no axis)" for an arm without any.
std::string arm_label(const json& axes, const std::map<std::string, std::string>& names);

}  // namespace zoetrope
