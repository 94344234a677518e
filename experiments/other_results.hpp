// What lies in an experiment's folder beside the results that its file makes now: the file was edited, and
// nothing is ever written over a result.
#pragma once

#include <filesystem>
#include <string>

#include "experiments/experiment_cells.hpp"

namespace zoetrope {

struct other_results {
  std::size_t superseded = 0;  ///< of cells that the file has, made from another config
  std::string differences;     ///< in what: "generation.steps (2, 4)"
  std::size_t beside = 0;      ///< of arms, prompts, seeds or repeats that the file does not have
};

/// Of the experiment `name`; files that are no results of cells are left out.
other_results other_results_in(const std::filesystem::path& folder, const std::string& name,
                               const experiment_cells& all);

}  // namespace zoetrope
