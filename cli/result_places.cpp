// See result_places.hpp.
#include "cli/result_places.hpp"

#include "eval/cell_versions.hpp"

namespace zoetrope {

void add_places(CLI::App& command, result_places& places) {
  command.add_option("places", places.paths, "folders of results, result files, or merged ones")
      ->type_name("PATH")
      ->required();
}

void add_newest_flag(CLI::App& command, result_places& places) {
  command.add_flag(
      "--newest", places.newest,
      "where a cell has more than one result (`zoetrope results list` shows them), takes the one "
      "begun last");
}

std::vector<stored_result> read_cells(const result_places& places, const console& out) {
  std::vector<stored_result> cells = read_whole_results(places.paths);
  if (places.newest) take_newest(cells);
  expect_one_result_a_cell(cells);
  if (const std::string mixed = told_mixed(cells); !mixed.empty()) out.warn(mixed);
  return cells;
}

}  // namespace zoetrope
