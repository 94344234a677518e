// Where results are, and which of them are taken: what `report` and the commands of `results` share.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/console.hpp"
#include "eval/result_set.hpp"

namespace zoetrope {

struct result_places {
  std::vector<std::filesystem::path> paths;
  bool newest = false;  ///< of a cell that has more than one result, the one begun last
};

void add_places(CLI::App& command, result_places& places);
void add_newest_flag(CLI::App& command, result_places& places);

/// All results there, the newest alone where that is asked for. Warns of arms whose cells were made from
/// different configs. Errors as read_whole_results().
std::vector<stored_result> read_cells(const result_places& places, const console& out);

}  // namespace zoetrope
