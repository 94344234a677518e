// What differs between the arms: the config values that are constant within each arm, and not the same in
// all.
#include <algorithm>
#include <map>
#include <set>

#include "eval/arm_label.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

using values_by_path = std::map<std::string, std::string>;

void flatten(const json& tree, const std::string& path, values_by_path& into) {
  if (!tree.is_object() || tree.empty()) {
    into[path] = shown_value(tree);
    return;
  }
  for (const auto& [key, value] : tree.items()) flatten(value, path.empty() ? key : path + "." + key, into);
}

// Paths on which all cells of the arm agree.
values_by_path constants_of(const arm& one) {
  values_by_path constants;
  flatten(one.cells.front()->cell.config, "", constants);
  for (const stored_result* stored : one.cells) {
    values_by_path other;
    flatten(stored->cell.config, "", other);
    std::erase_if(constants, [&](const auto& item) {
      const auto found = other.find(item.first);
      return found == other.end() || found->second != item.second;
    });
  }
  return constants;
}

std::vector<std::string> differing_paths(const std::vector<values_by_path>& arms) {
  std::map<std::string, std::set<std::string>> seen;
  std::map<std::string, std::size_t> count;
  for (const values_by_path& constants : arms)
    for (const auto& [path, value] : constants) seen[path].insert(value), ++count[path];
  std::vector<std::string> paths;
  for (const auto& [path, values] : seen)
    if (values.size() > 1 || count[path] < arms.size()) paths.push_back(path);
  return paths;
}

html_cell value_cell(const values_by_path& constants, const std::string& path) {
  const auto found = constants.find(path);
  if (found == constants.end()) return {"–", ""};
  return {"<code>" + isolated(found->second) + "</code>", ""};
}

// A long path may be broken after a dot.
html_cell path_cell(const std::string& path) {
  std::string text = isolated(path);
  for (std::size_t at = text.find('.'); at != std::string::npos; at = text.find('.', at + 1))
    text.insert(at + 1, "<wbr>");
  return {"<code>" + text + "</code>", ""};
}

std::string table_by_arm(const report_data& data, const std::vector<values_by_path>& constants,
                         const std::vector<std::string>& paths) {
  std::vector<html_cell> head{{"Arm", ""}};
  for (const std::string& path : paths) head.push_back(path_cell(path));
  html_table table("", head);
  for (std::size_t arm = 0; arm < constants.size(); ++arm) {
    std::vector<html_cell> row{
        {arm_name(data, arm) + (arm == data.baseline && constants.size() > 1 ? " <i>(baseline)</i>" : ""),
         ""}};
    for (const std::string& path : paths) row.push_back(value_cell(constants[arm], path));
    table.row(row);
  }
  return table.text();
}

std::string table_by_path(const report_data& data, const std::vector<values_by_path>& constants,
                          const std::vector<std::string>& paths) {
  std::string tables;
  for (const auto& arms : arm_blocks(data)) {
    std::vector<html_cell> head{{"Key", ""}};
    for (const std::size_t arm : arms) head.push_back({arm_letter(arm), ""});
    html_table table("", head);
    for (const std::string& path : paths) {
      std::vector<html_cell> row{path_cell(path)};
      for (const std::size_t arm : arms) row.push_back(value_cell(constants[arm], path));
      table.row(row);
    }
    tables += table.text();
  }
  return tables;
}

}  // namespace

std::string arms_section(const report_data& data) {
  constexpr std::size_t most_columns = 4;
  std::vector<values_by_path> constants;
  for (const arm& one : data.table.arms()) constants.push_back(constants_of(one));
  const std::vector<std::string> paths = differing_paths(constants);
  std::string body = paths.size() <= most_columns
                         ? table_by_arm(data, constants, paths)
                         : table_by_arm(data, constants, {}) + table_by_path(data, constants, paths);
  if (constants.size() > 1)
    body += concat("<p class=note>",
                   paths.empty() ? "The configs of the arms do not differ."
                                 : "Only keys whose values differ between the arms.",
                   "</p>\n");
  return section("arms", "Arms", body);
}

}  // namespace zoetrope
