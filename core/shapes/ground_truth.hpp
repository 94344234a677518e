// What a drawn scene is known to hold: where its objects are and how each pixel moves.
#pragma once

#include "core/shapes/render.hpp"

namespace zoetrope {

struct object_truth {
  std::vector<float> mask;       ///< frames height width: share of the pixel that shows this object
  std::vector<pixel_box> boxes;  ///< per frame: pixels with a share above one half; empty if none
  std::vector<std::array<double, 2>> centres;  ///< per frame: x, y in pixels from the top left corner
  std::vector<double> areas;                   ///< per frame: of the whole outline, in square pixels
};

struct ground_truth {
  std::vector<object_truth> objects;
  /// (frames - 1) height width 2: how far (x, y) in pixels what is seen at a pixel of a frame has gone in the
  /// next one; 0 where the background is seen.
  std::vector<float> flow;
};

/// Of render() with the same arguments.
ground_truth truth_of(const scene& drawn, int width, int height, int frames);

}  // namespace zoetrope
