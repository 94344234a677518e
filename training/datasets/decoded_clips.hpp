// Examples that lie in files: each is read, decoded, scaled and cut when it is asked for.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "training/datasets/listed_clips.hpp"

namespace zoetrope {

struct decoded_example {
  std::shared_ptr<const listed_clip> clip;
  std::vector<std::size_t> frames;  ///< rising; into the clip's
  clip_size_conditioning sizes;
};

/// All with the same number of frames, at least one example.
std::unique_ptr<dataset> make_decoded_dataset(std::vector<decoded_example> examples, std::string skipped);

}  // namespace zoetrope
