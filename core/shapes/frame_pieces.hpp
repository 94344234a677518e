// The connected pieces of a clip's frames: pixels above the threshold of contrast that touch at sides or
// corners.
#pragma once

#include <cstddef>
#include <vector>

#include "core/shapes/contrast_map.hpp"

namespace zoetrope {

/// One connected piece of a frame.
struct piece {
  int label = 0;
  std::size_t pixels = 0;
  double x = 0, y = 0;  ///< centroid in pixels
  rgb colour{};         ///< the median of its pixels
};

struct piece_map {
  std::vector<int> labels;  ///< f h w; 0: of no piece
  std::vector<std::vector<piece>>
      frames;  ///< of each those that may be objects, the largest first, at most 4
};

piece_map pieces_of(const float_clip& clip, const contrast_map& seen);

}  // namespace zoetrope
