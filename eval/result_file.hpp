// What one cell of an experiment gave, and the HDF5 file that keeps it: schema "zoetrope-result", version 1
// (docs/results.md names every group, dataset and attribute; h5py and h5dump read it). A file appears whole
// or not at all, and is never written again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/io/hdf5_file.hpp"

namespace zoetrope {

struct metric_result {
  std::string unit, better = "neither";  ///< "higher", "lower" or "neither"
  double per_video = 0;
  std::vector<double> per_pair;                       ///< of frames i and i + 1, of some metrics of a frame
  std::map<std::string, std::vector<double>> curves;  ///< over lag, frequency, …
  std::string unavailable;                            ///< why there is none; all else is then left out
};

/// Times of one part, a value a repetition.
struct speed_result {
  std::vector<double> seconds;
  std::string stopped;       ///< why no more were taken: "noise", "plateau", "timeout", "count"
  bool throttled = false;    ///< the machine grew slower while it was measured
  std::int64_t kernels = 0;  ///< launched on a GPU a sample; 0 where nobody counted
};

/// What was in memory while the cell ran.
struct memory_timeline {
  std::vector<double> seconds;               ///< since the cell began
  std::vector<std::int64_t> resident_bytes;  ///< of the process
  std::vector<std::int64_t> device_bytes;    ///< in tensors on a GPU; empty on a CPU
};

struct result {
  std::string experiment;
  json config = json::object();  ///< everything that the cell was made from, but its seed
  json arm = json::object();     ///< axis path -> value of this cell
  std::string prompt;
  std::uint64_t seed = 0;  ///< below 2^63
  std::int64_t repeat = 0;

  std::string git_revision, command, device, driver;
  bool git_dirty = false;
  std::int64_t threads = 0;
  json versions = json::object();
  std::string started, finished;  ///< ISO 8601, UTC

  std::string status = "ok", error;  ///< "ok", or "failed" with the error's text
  std::string frames_sha256, latents_sha256;

  std::map<std::string, metric_result> metrics;
  std::map<std::string, speed_result> speed;
  std::map<std::string, std::int64_t> memory;  ///< bytes by name
  memory_timeline timeline;
  std::map<std::string, std::vector<double>> train;
  hdf5_array<std::uint8_t> frames;  ///< f h w c; empty unless kept
  hdf5_array<float> latents;        ///< c f h w; empty unless kept

  bool failed() const { return status == "failed"; }
};

/// Where a cell's file lies below `folder`: the first 16 digits of its config_hash, then its seed.
std::filesystem::path result_path(const std::filesystem::path& folder, const json& config,
                                  std::uint64_t seed);

enum class standing_result { kept, replaced_if_failed };
/// The place of a result. It is this writer's from the beginning on: nobody else can begin the same cell.
class result_writer {
 public:
  /// error{runtime} if there is a file already (but for a failed result that may be replaced), if another
  /// writer has the place, or if it cannot be written.
  explicit result_writer(const std::filesystem::path& file, standing_result standing = standing_result::kept);
  /// Once. error{usage} for a name that is no single part of a path, or a seed that is too large.
  void write(const result& cell);

 private:
  hdf5_writer output_;
};
void write_result(const std::filesystem::path& file, const result& cell,
                  standing_result standing = standing_result::kept);

/// error{bad_input} that names the file, and what it got and wanted, for a half-written or foreign file,
/// another schema, and whatever is missing or of another kind.
result read_result(const std::filesystem::path& file);

/// head: attributes of the root alone; numbers: all but frames and latents.
enum class result_parts { head, numbers, all };
/// The same for a cell that is open, a file of its own or a group of a collection; errors call it `name`.
result read_result(const hdf5_reader& cell, const std::filesystem::path& name, result_parts parts);
/// The same without groups and datasets: attributes of the root alone.
result read_result_head(const std::filesystem::path& file);

/// All .h5 files below `folder`, in the order of their paths; files that are still being written (.part.h5)
/// are none. error{bad_input} where there is no such folder.
std::vector<std::filesystem::path> result_files(const std::filesystem::path& folder);

}  // namespace zoetrope
