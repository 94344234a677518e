// See cell_versions.hpp.
#include "eval/cell_versions.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/json_text.hpp"
#include "core/names.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

// What tells the cells of an arm from each other, and not its versions.
json without_sample(json config) {
  if (!config.is_object()) return config;
  config.erase("repeat");
  if (const auto generation = config.find("generation");
      generation != config.end() && generation->is_object())
    generation->erase("prompt");
  return config;
}

// What an arm's version is known by: a reference may be that of a prompt and seed, as these are.
json of_arm(const json& config) {
  json kept = without_sample(config);
  if (const auto inputs = kept.find("inputs"); inputs != kept.end() && inputs->is_object())
    inputs->erase("reference");
  return kept;
}

void add_once(std::vector<json>& values, const json& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

void collect(const std::vector<const json*>& nodes, const std::string& path, config_differences& found) {
  if (std::all_of(nodes.begin(), nodes.end(), [&](const json* node) { return *node == *nodes.front(); }))
    return;
  if (!std::all_of(nodes.begin(), nodes.end(), [](const json* node) { return node->is_object(); })) {
    std::vector<json>& values = found[path];
    for (const json* node : nodes) add_once(values, *node);
    return;
  }
  std::set<std::string> keys;
  for (const json* node : nodes)
    for (const auto& [key, value] : node->items()) keys.insert(key);
  static const json absent;
  for (const std::string& key : keys) {
    std::vector<const json*> below;
    for (const json* node : nodes) below.push_back(node->contains(key) ? &node->at(key) : &absent);
    collect(below, path.empty() ? key : concat(path, ".", key), found);
  }
}

using cell_name = std::tuple<std::string, json, std::string, std::uint64_t, std::int64_t>;
cell_name name_of(const result& cell) {
  return {cell.experiment, cell.arm, cell.prompt, cell.seed, cell.repeat};
}

using arm_name = std::pair<std::string, json>;

std::string with_differences(const config_differences& differing) {
  return differing.empty() ? " of equal configs, made at different times"
                           : concat(" of different configs: ", shown_differences(differing));
}

// Of groups of results, in what those of a group differ.
template <class Groups>
config_differences differences_within(const Groups& groups) {
  config_differences all;
  for (const auto& [name, configs] : groups) add_differences(all, differences_of(configs));
  return all;
}

}  // namespace

config_differences differences_of(const std::vector<const json*>& configs) {
  std::vector<json> compared;
  std::vector<const json*> nodes;
  for (const json* config : configs) compared.push_back(without_sample(*config));
  for (const json& config : compared) nodes.push_back(&config);
  config_differences found;
  if (!nodes.empty()) collect(nodes, "", found);
  return found;
}

void add_differences(config_differences& all, const config_differences& more) {
  for (const auto& [key, values] : more)
    for (const json& value : values) add_once(all[key], value);
}

std::string shown_differences(const config_differences& differing) {
  constexpr std::size_t short_enough = 40;
  std::vector<std::string> told;
  for (const auto& [key, values] : differing) {
    std::vector<std::string> texts;
    for (const json& value : values) texts.push_back(compact(value));
    const std::string all = joined(texts);
    told.push_back(printable(key) + (all.size() <= short_enough ? concat(" (", printable(all), ")") : ""));
  }
  return joined(told);
}

std::vector<arm_version> versions_of(const std::vector<stored_result>& cells) {
  std::map<std::pair<json, json>, arm_version> found;
  std::map<json, std::string> arm_begun;
  for (const stored_result& stored : cells) {
    const result& cell = stored.cell;
    const json config = of_arm(cell.config);
    arm_version& its = found[{cell.arm, config}];
    if (its.cells.empty()) its = {cell.arm, config, {}, cell.started};
    its.cells.push_back(&stored);
    its.begun = std::min(its.begun, cell.started);
    const auto first = arm_begun.emplace(cell.arm, cell.started).first;
    first->second = std::min(first->second, cell.started);
  }
  std::vector<arm_version> versions;
  for (auto& [key, version] : found) versions.push_back(std::move(version));
  std::stable_sort(versions.begin(), versions.end(), [&](const arm_version& a, const arm_version& b) {
    return std::tie(arm_begun[a.axes], a.axes, a.begun) < std::tie(arm_begun[b.axes], b.axes, b.begun);
  });
  return versions;
}

std::string told_doubled(const std::vector<stored_result>& cells) {
  std::map<cell_name, std::vector<const json*>> groups;
  for (const stored_result& stored : cells) groups[name_of(stored.cell)].push_back(&stored.cell.config);
  std::erase_if(groups, [](const auto& group) { return group.second.size() < 2; });
  if (groups.empty()) return "";
  return concat(counted(groups.size(), "cell"), groups.size() == 1 ? " has" : " have",
                " more than one result,", with_differences(differences_within(groups)));
}

std::string told_mixed(const std::vector<stored_result>& cells) {
  std::set<json> configs;
  std::map<arm_name, std::vector<const json*>> groups;
  for (const stored_result& stored : cells)
    groups[{stored.cell.experiment, stored.cell.arm}].push_back(
        &*configs.insert(of_arm(stored.cell.config)).first);
  std::erase_if(groups, [](const auto& group) { return differences_of(group.second).empty(); });
  if (groups.empty()) return "";
  return concat(counted(groups.size(), "arm"), groups.size() == 1 ? " has" : " have", " cells",
                with_differences(differences_within(groups)));
}

void expect_one_result_a_cell(const std::vector<stored_result>& cells) {
  const std::string doubled = told_doubled(cells);
  ZT_CHECK(doubled.empty(), bad_input, doubled,
           "; --newest takes the one begun last, `zoetrope results list` shows them all");
}

void take_newest(std::vector<stored_result>& cells) {
  const auto begun = [](const result& cell) { return std::tie(cell.started, cell.finished); };
  std::map<cell_name, std::pair<std::string, std::string>> last;
  for (const stored_result& stored : cells)
    last[name_of(stored.cell)] =
        std::max(last[name_of(stored.cell)], std::pair(stored.cell.started, stored.cell.finished));
  std::set<cell_name> taken;  // of two that began and ended together, the first
  std::erase_if(cells, [&](const stored_result& stored) {
    const cell_name name = name_of(stored.cell);
    return begun(stored.cell) != std::tie(last[name].first, last[name].second) || !taken.insert(name).second;
  });
}

}  // namespace zoetrope
