// Runs the config of a result again and compares.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/cell_run.hpp"

namespace zoetrope {

/// A number that came out otherwise.
struct changed_number {
  std::string name;      ///< "metric temporal_flickering", "frames", "latents"
  double before, after;  ///< of metrics; for frames and latents 0 and the largest difference
};

struct reproduction {
  bool frames_agree = false, latents_agree = false;  ///< to the bit
  std::vector<changed_number> numbers;               ///< that differ by any bit
  /// Facts that differ: "threads: 2, now 4"; also files whose fingerprint is another one.
  std::vector<std::string> facts;
  bool agrees() const { return frames_agree && latents_agree && numbers.empty(); }
};

/// error{bad_input} for a failed result or one that cannot be read; errors as run_cell's.
reproduction reproduce(const std::filesystem::path& file, const cell_conditions& conditions);

/// What differs between two results of one cell; `after` was just made.
reproduction compare_results(const result& before, const result& after);

}  // namespace zoetrope
