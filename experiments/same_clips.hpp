// Holds an experiment to clips that must not differ between its arms (`same_clips`): what must only be
// faster, an attention backend for one, is not allowed to change what is seen.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/experiment_cells.hpp"

namespace zoetrope {

struct clip_difference {
  std::string cell;     ///< its label
  std::int64_t levels;  ///< of 255, the largest of all pixels
  double share;         ///< of values that differ
};

/// Every arm's clips against the first arm's, of the same prompt, seed and repeat: those that differ by more
/// than `levels`. Cells without a result, or with a failed one, are left out. error{bad_input} if clips
/// differ and their frames were not kept.
std::vector<clip_difference> clips_that_differ(const std::filesystem::path& folder,
                                               const experiment_cells& all, std::int64_t levels);

}  // namespace zoetrope
