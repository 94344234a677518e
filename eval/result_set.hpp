// Results from several places as one set: a cell's file, a folder of them, or a collection (schema
// "zoetrope-results", version 1), which is what merge_results() makes of the others:
//   /cells/NAME               a copy of the cell's file, attributes and all
//   /index/COLUMN             one entry a cell: name, experiment, arm, prompt, seed, repeat, status
//   /metrics/M/per_video      virtual datasets over the cells, in the order of /index: cells
//   /metrics/M/per_pair, /metrics/M/curves/C, /speed/P   cells x longest, NaN where a cell has less
//   /memory/N                 cells
// The cells are copied, so that the one file can be moved, and the virtual datasets lead into itself:
// over other files, one that is moved would silently turn into fill values.
#pragma once

#include "eval/result_file.hpp"

namespace zoetrope {

struct stored_result {
  std::filesystem::path file;
  std::string group;  ///< in a collection: "/cells/NAME"; else empty
  result cell;        ///< without frames and latents
  bool has_frames = false;

  std::string place() const { return file.string() + group; }
};

struct result_set {
  std::vector<stored_result> cells;     ///< in the order of their places, each cell once
  std::vector<std::string> unreadable;  ///< what is wrong with the files that are no results
};

/// error{bad_input} where a place is not there.
result_set read_results(const std::vector<std::filesystem::path>& places);
/// The same, but error{bad_input} if any file is unreadable or if there is no result. A cell may have more
/// than one (cell_versions.hpp).
std::vector<stored_result> read_whole_results(const std::vector<std::filesystem::path>& places);

/// f h w c; empty where none were kept.
hdf5_array<std::uint8_t> read_frames(const stored_result& stored);

/// Writes the collection. error{runtime} if there is a file already, error{bad_input} if a cell has more than
/// one result.
void merge_results(const std::vector<stored_result>& cells, const std::filesystem::path& output);

}  // namespace zoetrope
