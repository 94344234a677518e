// See arm_configs.hpp.
#include "eval/report/arm_configs.hpp"

#include <algorithm>
#include <set>

#include "eval/arm_label.hpp"

namespace zoetrope {

namespace {

void flatten(const json& tree, const std::string& path, config_values& into) {
  if (!tree.is_object() || tree.empty()) {
    into[path] = shown_value(tree);
    return;
  }
  for (const auto& [key, value] : tree.items()) flatten(value, path.empty() ? key : path + "." + key, into);
}

}  // namespace

config_values constants_of(const arm& one) {
  config_values constants;
  flatten(one.cells.front()->cell.config, "", constants);
  for (const stored_result* stored : one.cells) {
    config_values other;
    flatten(stored->cell.config, "", other);
    std::erase_if(constants, [&](const auto& item) {
      const auto found = other.find(item.first);
      return found == other.end() || found->second != item.second;
    });
  }
  return constants;
}

std::vector<std::string> differing_paths(const std::vector<config_values>& arms) {
  std::map<std::string, std::set<std::string>> seen;
  std::map<std::string, std::size_t> count;
  for (const config_values& constants : arms)
    for (const auto& [path, value] : constants) seen[path].insert(value), ++count[path];
  std::vector<std::string> paths;
  for (const auto& [path, values] : seen)
    if (values.size() > 1 || count[path] < arms.size()) paths.push_back(path);
  return paths;
}

config_values shared_values(const std::vector<config_values>& arms) {
  if (arms.empty()) return {};
  config_values shared = arms.front();
  for (const std::string& path : differing_paths(arms)) shared.erase(path);
  return shared;
}

}  // namespace zoetrope
