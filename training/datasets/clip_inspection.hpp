// What is learnt of a clip by decoding it once, before training starts. The ranks of a run share the work: each
// decodes every n-th clip and hears of the others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "training/datasets/listed_clips.hpp"

namespace zoetrope {

struct inspected_clip {
  picture_size size;
  std::vector<std::vector<std::size_t>> windows;  ///< frames of each of its examples
  std::vector<std::string> problems;              ///< those known before, and what the files told
};

/// In the order of `clips`; `threads`: 0 for as many as the machine has. Called by all ranks of the site;
/// error{runtime} where they do not see the same clips.
std::vector<inspected_clip> inspected(const std::vector<listed_clip>& clips, int64_t threads,
                                      const dataset_site& site);

}  // namespace zoetrope
