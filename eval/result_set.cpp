// See result_set.hpp.
#include "eval/result_set.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/json_text.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

constexpr const char* collection_schema = "zoetrope-results";
constexpr std::int64_t collection_version = 1;

bool is_collection(const hdf5_reader& file, const fs::path& name) {
  if (!file.has_attribute("/", "schema") || file.attribute("/", "schema") != hdf5_value(collection_schema))
    return false;
  const hdf5_value version = file.attribute("/", "schema_version");
  ZT_CHECK(version == hdf5_value(collection_version), bad_input, printable(name.string()),
           ": another version of schema '", collection_schema, "': got ",
           std::holds_alternative<std::int64_t>(version) ? std::to_string(std::get<std::int64_t>(version))
                                                         : "no whole number",
           ", wanted ", collection_version);
  return true;
}

stored_result read_cell(const hdf5_reader& cell, const fs::path& file, const std::string& group) {
  stored_result stored{file, group, {}};
  stored.cell = read_result(cell, stored.place(), result_parts::numbers);
  const auto children = cell.children("/");
  stored.has_frames = std::find(children.begin(), children.end(), "frames") != children.end();
  return stored;
}

void read_file(const fs::path& path, std::vector<stored_result>& cells) {
  const hdf5_reader file(path);
  if (!is_collection(file, path)) return cells.push_back(read_cell(file, path, ""));
  for (const std::string& name : file.children("/cells"))
    cells.push_back(read_cell(file.below("/cells/" + name), path, "/cells/" + name));
}

using identity = std::tuple<std::string, std::string, std::uint64_t>;
identity identity_of(const result& cell) { return {cell.experiment, config_hash(cell.config), cell.seed}; }

// A cell that lies in a folder and in a collection, or in two collections, is one; and where it failed first
// and was tried again, the failure is history.
void drop_copies(std::vector<stored_result>& cells) {
  std::set<identity> succeeded;
  for (const stored_result& stored : cells)
    if (!stored.cell.failed()) succeeded.insert(identity_of(stored.cell));
  std::set<std::pair<identity, std::string>> seen;
  std::erase_if(cells, [&](const stored_result& stored) {
    const identity which = identity_of(stored.cell);
    if (stored.cell.failed() && succeeded.count(which)) return true;
    return !seen.emplace(which, stored.cell.started + stored.cell.finished).second;
  });
}

}  // namespace

result_set read_results(const std::vector<fs::path>& places) {
  result_set set;
  for (const fs::path& place : places) {
    ZT_CHECK(fs::exists(place), bad_input, printable(place.string()), ": there is no such file or folder");
    const auto files = fs::is_directory(place) ? result_files(place) : std::vector{place};
    for (const fs::path& file : files) try {
        read_file(file, set.cells);
      } catch (const error& failure) {
        set.unreadable.push_back(failure.what());
      }
  }
  drop_copies(set.cells);
  return set;
}

std::vector<stored_result> read_whole_results(const std::vector<fs::path>& places) {
  result_set set = read_results(places);
  if (!set.unreadable.empty()) {
    const std::size_t more = set.unreadable.size() - 1;
    throw error(error_kind::bad_input,
                set.unreadable.front() +
                    (more > 0 ? concat(" (and ", counted(more, "more unreadable file"), ")") : ""));
  }
  ZT_CHECK(!set.cells.empty(), bad_input, printable(places.at(0).string()), ": no results there");
  return std::move(set.cells);
}

hdf5_array<std::uint8_t> read_frames(const stored_result& stored) {
  if (!stored.has_frames) return {};
  const hdf5_reader file(stored.file);
  return file.dataset<std::uint8_t>(stored.group + "/frames");
}

}  // namespace zoetrope
