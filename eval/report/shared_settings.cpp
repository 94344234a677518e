// The settings that all arms share: those that tell most in a short table, all others folded away. Where a
// config leaves something to the machine or to a default ("auto", 0, no path), what came of it stands behind.
#include <array>
#include <set>

#include "eval/arm_label.hpp"
#include "eval/number_text.hpp"
#include "eval/report/arm_configs.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

// In the order of the table; a path that ends in a dot stands for all below it.
constexpr std::array telling{"generation.pretrained_path",
                             "generation.spatial_unet_base",
                             "generation.lora",
                             "generation.motion",
                             "generation.unet.",
                             "generation.scheduler",
                             "generation.steps",
                             "generation.guidance_scale",
                             "generation.guidance_rescale",
                             "generation.negative_prompt",
                             "generation.width",
                             "generation.height",
                             "generation.video_length",
                             "generation.video_duration",
                             "generation.device",
                             "generation.precision",
                             "generation.threads"};

bool is_empty(const std::string& value) {
  return value.empty() || value == "[]" || value == "{}" || value == "null";
}

// What `of` says of every cell, or "" where they differ.
template <class Of>
std::string said_by_all(const arm_table& table, Of&& of) {
  std::set<std::string> said;
  for (const arm& one : table.arms())
    for (const stored_result* stored : one.cells) said.insert(of(stored->cell));
  return said.size() == 1 ? *said.begin() : "";
}

std::string text_at(const json& tree, const char* pointer) {
  const json::json_pointer where(pointer);
  return tree.contains(where) ? shown_value(tree.at(where)) : "";
}

// Units, and what was made of a value that leaves it open.
std::string remark(const arm_table& table, const std::string& path, const std::string& value) {
  if (path == "generation.pretrained_path") {
    const std::string hash = said_by_all(
        table, [](const result& cell) { return text_at(cell.config, "/inputs/pretrained_path"); });
    return concat(value.empty() ? "none named: the model in the box, or that of ZOETROPE_MODEL" : "",
                  value.empty() && !hash.empty() ? "; " : "",
                  hash.empty() ? "" : "fingerprint " + hash.substr(0, 16));
  }
  const auto here = [&](auto&& of) {
    const std::string said = said_by_all(table, of);
    return said.empty() || said == value ? "" : "here " + said;
  };
  if (path == "generation.device") return here([](const result& cell) { return cell.device; });
  if (path == "generation.precision")
    return here([](const result& cell) { return text_at(cell.versions, "/precision"); });
  if (path == "generation.scheduler" && value == "default")
    return here([](const result& cell) { return text_at(cell.versions, "/scheduler"); });
  if (path == "generation.threads")
    return here([](const result& cell) { return std::to_string(cell.threads); });
  if (path == "generation.video_duration") return "ms";
  return path == "generation.width" || path == "generation.height" ? "pixels"
         : path == "generation.video_length"                       ? "frames"
                                                                   : "";
}

void add_row(html_table& rows, const arm_table& table, const std::string& path, const std::string& value) {
  const std::string more = remark(table, path, value);
  rows.row({path_cell(path),
            {concat(is_empty(value) && !more.empty() ? "" : "<code>" + isolated(value) + "</code> ",
                    more.empty() ? "" : "<small>" + isolated(more) + "</small>"),
             ""}});
}

// Of a telling key, those of the shared paths that say something.
std::vector<std::string> paths_of(const config_values& shared, const std::string& key) {
  std::vector<std::string> paths;
  for (const auto& [path, value] : shared)
    if (path == key || (key.ends_with(".") && path.starts_with(key)))
      if (!is_empty(value) || path == "generation.pretrained_path") paths.push_back(path);
  return paths;
}

}  // namespace

std::string shared_settings(const report_data& data, const std::vector<config_values>& arms) {
  config_values shared = shared_values(arms);
  for (const char* told : {"generation.prompt", "repeat"}) shared.erase(told);  // with the cells
  const std::vector<html_cell> head{{"Key", ""}, {"Value", ""}};
  html_table first("", head), others("", head);
  bool any = false;
  for (const char* key : telling)
    for (const std::string& path : paths_of(shared, key)) {
      add_row(first, data.table, path, shared[path]);
      shared.erase(path);
      any = true;
    }
  for (const auto& [path, value] : shared) add_row(others, data.table, path, value);
  return concat(
      any || !shared.empty() ? (arms.size() > 1 ? "<h3>The same in all arms</h3>\n" : "<h3>Settings</h3>\n")
                             : "",
      any ? first.text() : "",
      shared.empty() ? ""
                     : concat("<details><summary>", counted(shared.size(), any ? "further key" : "key"),
                              "</summary>\n", others.text(), "</details>\n"));
}

}  // namespace zoetrope
