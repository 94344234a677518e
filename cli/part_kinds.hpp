// The kinds of parts that a config names, by the words in which `describe` and docs/configuration.md speak of
// them: those of a UNet, of what a ControlNet is shown, of a measurement and of a training.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

struct part_kind {
  std::string name;                ///< "position", as in the config
  std::vector<std::string> parts;  ///< names that `key` may have
  /// Builds the part that `options` describes (of a UNet's at some place in some UNet), so that its defaults
  /// are recorded.
  std::function<void(const config& options)> build;
  std::string key = "type";
  /// What a part needs besides its name, and has no default: an example.
  std::function<json(const std::string& part)> example = [](const std::string&) { return json::object(); };
};

std::vector<part_kind> part_kinds();
/// "; there is a set_metric 'fvd'" for each kind that has a part of this name.
std::string kinds_that_have(const std::string& part);
/// {"type": part, …} with every option at its default; error{usage} for a part that the kind does not have.
json described_part(const part_kind& kind, const std::string& part);

}  // namespace zoetrope
