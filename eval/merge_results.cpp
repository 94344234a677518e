// merge_results() of result_set.hpp: cells copied into one file, and virtual datasets over them.
#include <algorithm>
#include <functional>
#include <set>

#include "core/json_text.hpp"
#include "eval/cell_versions.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

// The name of a cell's group: its experiment and the stem of its file.
std::string group_name(const result& cell) {
  std::string name = concat(cell.experiment, ":", result_path({}, cell.config, cell.seed).stem().string());
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

struct merged_cells {
  std::vector<const result*> cells;
  std::vector<std::string> groups;  ///< "/cells/NAME"

  /// One row a cell: its dataset `path`, where `length` says that it has entries.
  void table(hdf5_writer& file, const std::string& path,
             const std::function<std::size_t(const result&)>& length, bool one_dimension = false) const {
    std::vector<std::string> rows;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t entries = length(*cells[i]);
      rows.push_back(entries > 0 ? groups[i] + path : "");
      longest = std::max(longest, entries);
    }
    if (longest > 0) file.virtual_rows(path, rows, one_dimension ? 0 : longest);
  }

  template <class Of>
  void column(hdf5_writer& file, const std::string& name, Of&& of) const {
    std::vector<std::decay_t<decltype(of(*cells[0]))>> values;
    for (const result* cell : cells) values.push_back(of(*cell));
    file.dataset("/index/" + name, values);
  }
};

// All names in a map that each cell has.
template <class Map>
std::set<std::string> names_in(const std::vector<const result*>& cells, Map result::*map) {
  std::set<std::string> names;
  for (const result* cell : cells)
    for (const auto& [name, value] : cell->*map) names.insert(name);
  return names;
}

// Entries of `map` at `name` as `count` tells them, 0 where there are none.
template <class Map, class Count>
std::size_t length_at(const Map& map, const std::string& name, Count&& count) {
  const auto found = map.find(name);
  return found == map.end() ? 0 : count(found->second);
}

void write_index(hdf5_writer& file, const merged_cells& merged) {
  std::vector<std::string> names;
  for (const std::string& group : merged.groups) names.push_back(group.substr(sizeof "/cells"));
  file.dataset("/index/name", names);
  merged.column(file, "experiment", [](const result& cell) { return cell.experiment; });
  merged.column(file, "arm", [](const result& cell) { return compact(cell.arm); });
  merged.column(file, "prompt", [](const result& cell) { return cell.prompt; });
  merged.column(file, "seed", [](const result& cell) { return static_cast<std::int64_t>(cell.seed); });
  merged.column(file, "repeat", [](const result& cell) { return cell.repeat; });
  merged.column(file, "status", [](const result& cell) { return cell.status; });
}

void write_metric(hdf5_writer& file, const merged_cells& merged, const std::string& name) {
  const auto rows = [&](const std::string& what, auto&& count, bool one_dimension) {
    merged.table(
        file, "/metrics/" + name + what,
        [&](const result& cell) { return length_at(cell.metrics, name, count); }, one_dimension);
  };
  rows(
      "/per_video", [](const metric_result& metric) { return std::size_t{metric.unavailable.empty()}; },
      true);
  rows(
      "/per_pair", [](const metric_result& metric) { return metric.per_pair.size(); }, false);
  std::set<std::string> curves;
  for (const result* cell : merged.cells)
    if (const auto found = cell->metrics.find(name); found != cell->metrics.end())
      for (const auto& [curve, values] : found->second.curves) curves.insert(curve);
  const auto size = [](const std::vector<double>& curve) { return curve.size(); };
  for (const std::string& curve : curves)
    rows(
        "/curves/" + curve,
        [&](const metric_result& metric) { return length_at(metric.curves, curve, size); }, false);
}

void write_tables(hdf5_writer& file, const merged_cells& merged) {
  for (const std::string& name : names_in(merged.cells, &result::metrics)) write_metric(file, merged, name);
  for (const std::string& name : names_in(merged.cells, &result::speed))
    merged.table(file, "/speed/" + name, [&](const result& cell) {
      return length_at(cell.speed, name, [](const speed_result& part) { return part.seconds.size(); });
    });
  for (const std::string& name : names_in(merged.cells, &result::memory))
    merged.table(
        file, "/memory/" + name, [&](const result& cell) { return cell.memory.count(name); }, true);
}

}  // namespace

void merge_results(const std::vector<stored_result>& cells, const fs::path& output) {
  expect_one_result_a_cell(cells);
  ZT_CHECK(!fs::exists(output), runtime, printable(output.string()),
           ": there is a file already, and results are never overwritten");
  hdf5_writer file(output);
  file.attribute("/", "schema", "zoetrope-results");
  file.attribute("/", "schema_version", std::int64_t{1});
  merged_cells merged;
  for (const stored_result& stored : cells) {
    const std::string group = "/cells/" + group_name(stored.cell);
    const hdf5_reader source(stored.file);
    stored.group.empty() ? file.copy(source, group) : file.copy(source.below(stored.group), group);
    merged.cells.push_back(&stored.cell);
    merged.groups.push_back(group);
  }
  write_index(file, merged);
  write_tables(file, merged);
  file.finish();
}

}  // namespace zoetrope
