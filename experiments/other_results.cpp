// See other_results.hpp.
#include "experiments/other_results.hpp"

#include <set>
#include <tuple>

#include "eval/cell_versions.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

std::optional<result> head_of(const fs::path& file) try {
  return read_result_head(file);
} catch (const error&) {
  return std::nullopt;
}

}  // namespace

other_results other_results_in(const fs::path& folder, const std::string& name, const experiment_cells& all) {
  other_results found;
  if (!fs::is_directory(folder)) return found;
  using cell_name = std::tuple<json, std::string, std::uint64_t, std::int64_t>;
  std::set<fs::path> ours;
  std::map<cell_name, const json*> configs;
  for (const experiment_cell& cell : all.cells) {
    ours.insert(result_path(folder, cell.config, cell.seed));
    configs[{all.arms[cell.arm].values, cell.prompt, cell.seed, cell.repeat}] = &cell.config;
  }
  config_differences differing;
  for (const fs::path& file : result_files(folder)) {
    if (ours.count(file)) continue;
    const std::optional<result> there = head_of(file);
    if (!there || there->experiment != name) continue;
    const auto now = configs.find({there->arm, there->prompt, there->seed, there->repeat});
    if (now == configs.end()) {
      ++found.beside;
    } else if (there->config != *now->second) {  // an equal one is a copy under another name
      ++found.superseded;
      add_differences(differing, differences_of({&there->config, now->second}));
    }
  }
  found.differences = shown_differences(differing);
  return found;
}

}  // namespace zoetrope
