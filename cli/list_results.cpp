// `zoetrope results list`: works on whatever lies there. An arm that was made from more than one config has a
// line for each, with what differs.
#include <algorithm>
#include <set>

#include "cli/compare_results.hpp"
#include "cli/text_table.hpp"
#include "core/json_text.hpp"
#include "eval/arm_label.hpp"
#include "eval/cell_versions.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

// Of an arm's version, what its other versions have otherwise: "generation.steps=2".
std::string told_config(const arm_version& version, const std::vector<arm_version>& all) {
  std::vector<const json*> configs{&version.config};
  for (const arm_version& other : all)
    if (other.axes == version.axes && &other != &version) configs.push_back(&other.config);
  std::vector<std::string> told;
  for (const auto& [key, values] : differences_of(configs))
    told.push_back(concat(key, "=", printable(compact(values.front()), 60)));
  return printable(joined(told));
}

std::map<std::string, std::string> names_of_axes(const std::vector<arm_version>& versions) {
  std::set<std::string> paths;
  for (const arm_version& version : versions)
    for (const auto& [path, value] : version.axes.items()) paths.insert(path);
  return axis_names(paths);
}

void list_versions(const console& out, const std::vector<arm_version>& versions) {
  const auto names = names_of_axes(versions);
  text_table lines({"  arm", ">cells", ">failed", ">frames kept", "begun", ""});
  for (const arm_version& one : versions) {
    const auto count = [&](auto&& what) {
      return std::to_string(std::count_if(one.cells.begin(), one.cells.end(), what));
    };
    lines.row({"  " + printable(arm_label(one.axes, names)), std::to_string(one.cells.size()),
               count([](auto* stored) { return stored->cell.failed(); }),
               count([](auto* stored) { return stored->has_frames; }), printable(one.begun),
               told_config(one, versions)});
  }
  lines.print(out);
}

void list_experiment(const console& out, const std::string& name, const std::vector<stored_result>& cells) {
  const std::vector<arm_version> versions = versions_of(cells);
  std::set<json> arms;
  std::set<std::string> prompts;
  std::set<std::pair<std::string, std::uint64_t>> clips;
  for (const stored_result& stored : cells) {
    arms.insert(stored.cell.arm);
    prompts.insert(stored.cell.prompt);
    clips.emplace(stored.cell.prompt, stored.cell.seed);
  }
  out.print(concat(printable(name), ": ", counted(arms.size(), "arm"), ", ",
                   counted(prompts.size(), "prompt"), ", ", counted(clips.size(), "clip"), " an arm, ",
                   counted(cells.size(), "cell")));
  list_versions(out, versions);
  for (const stored_result& stored : cells)
    if (stored.cell.failed())
      out.print(concat("  failed: ", printable(stored.place()), ": ", printable(stored.cell.error)));
  if (const std::string doubled = told_doubled(cells); !doubled.empty()) out.print("  " + doubled);
}

}  // namespace

void list_results(const result_arguments& chosen, const console& out) {
  const result_set set = read_results(chosen.places.paths);
  std::map<std::string, std::vector<stored_result>> experiments;
  for (const stored_result& stored : set.cells) experiments[stored.cell.experiment].push_back(stored);
  for (const auto& [name, cells] : experiments) list_experiment(out, name, cells);
  for (const std::string& what : set.unreadable) out.warn(what);
  ZT_CHECK(set.unreadable.empty(), bad_input,
           set.unreadable.size() == 1 ? "a file is no result; it is"
                                      : concat(set.unreadable.size(), " files are no results; they are"),
           " named above");
  ZT_CHECK(!set.cells.empty(), bad_input, printable(chosen.places.paths.at(0).string()),
           ": no results there");
}

}  // namespace zoetrope
