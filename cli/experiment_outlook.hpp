// What `zoetrope experiment run --dry-run` says: what would run, how long and in how much memory.
#pragma once

#include "experiments/experiment_estimate.hpp"
#include "experiments/experiment_run.hpp"

namespace zoetrope {

struct arm_outlook {
  std::string label;
  std::size_t cells = 0, finished = 0, to_run = 0;
  arm_estimate expected;
};

struct experiment_outlook {
  std::string experiment;
  std::filesystem::path folder;
  std::vector<arm_outlook> arms;              ///< of those with cells in this share
  std::vector<std::string> unreadable;        ///< what lies in a cell's place and is no result of it
  std::map<std::string, std::size_t> unkept;  ///< as run_summary's

  std::size_t cells = 0, left = 0;
  double seconds = 0;     ///< for what is left
  std::int64_t peak = 0;  ///< bytes, the most of all arms
};

/// Writes nothing. Reads the weights of the first arm's model; errors as estimate()'s.
experiment_outlook outlook_of(const experiment_file& experiment, const experiment_cells& all,
                              const run_options& options);

/// A line an arm and one for the whole.
std::vector<std::string> as_lines(const experiment_outlook& outlook);
json to_json(const experiment_outlook& outlook);

}  // namespace zoetrope
