// Runs the cells of an experiment, one after the other, each into a file of its own. Whatever ends it, what
// is finished is kept, and the next run goes on from there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "experiments/cell_run.hpp"
#include "experiments/experiment_cells.hpp"
#include "experiments/shard.hpp"

namespace zoetrope {

enum class cell_state { missing, ok, failed };
/// Of the file where the cell's result belongs; error{bad_input} for one that is no result, or another
/// cell's.
cell_state state_of(const std::filesystem::path& folder, const experiment_cell& cell);

/// Which of "frames", "latents" and "clips" `keeps` asks for and the cell's result, which is there, has not.
std::vector<std::string> unkept(const std::filesystem::path& folder, const experiment_cell& cell,
                                const experiment_keeps& keeps);

struct cell_report {
  std::size_t done, count;  ///< of this share's cells
  std::string label;        ///< "steps=4, seed 0, 'a red circle'"
  bool skipped;             ///< something was there, or another run is at it
  std::string failure;      ///< empty where it is ok
};

struct run_options {
  std::filesystem::path folder;
  shard share;
  bool retry_failed = false;
  cell_conditions conditions;
  std::function<void(const cell_report&)> on_cell = [](const cell_report&) {};
};

struct run_summary {
  std::size_t run = 0;         ///< now, failed ones too
  std::size_t there = 0;       ///< finished before
  std::size_t elsewhere = 0;   ///< another run was making them
  std::size_t failed = 0;      ///< now or before
  std::size_t unreadable = 0;  ///< what lies in their place is no result of theirs
  /// Of those that were there: "frames" -> how many have none, though the experiment keeps them.
  std::map<std::string, std::size_t> unkept;
};

/// A failing cell is recorded as such and is not fatal. error{interrupted} once the conditions say so,
/// error{runtime} if the folder cannot be made.
run_summary run_experiment(const experiment_file& experiment, const experiment_cells& all,
                           const run_options& options);

/// `steps=4, seed 0, 'a red circle'`
std::string cell_label(const experiment_cells& all, const experiment_cell& cell);

}  // namespace zoetrope
