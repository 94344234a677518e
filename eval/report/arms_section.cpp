// What differs between the arms, key by key, and under it what all of them share.
#include "eval/report/arm_configs.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

html_cell value_cell(const config_values& constants, const std::string& path) {
  const auto found = constants.find(path);
  if (found == constants.end()) return {"–", ""};
  return {"<code>" + isolated(found->second) + "</code>", ""};
}

std::string table_by_arm(const report_data& data, const std::vector<config_values>& constants,
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

std::string table_by_path(const report_data& data, const std::vector<config_values>& constants,
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
  std::vector<config_values> constants;
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
  return section("arms", "Arms", body + shared_settings(data, constants));
}

}  // namespace zoetrope
