// Finds the objects of a clip: what differs from the colour of the frame's border, in connected pieces,
// followed through the frames. Edges may be soft: a pixel's share of an object is where its colour lies on
// the line from the background's to the object's.
#pragma once

#include "core/io/float_clip.hpp"
#include "core/shapes/render.hpp"

namespace zoetrope {

/// An object in one frame.
struct sighting {
  bool is_seen = false;
  pixel_box box;
  std::vector<float> share;  ///< rows of the box; about 0 outside of the object and 1 inside
  double x = 0, y = 0;       ///< centroid in pixels from the top left corner
  double area = 0;           ///< sum of shares
};

struct object_track {
  rgb colour{};
  std::vector<sighting> frames;
};

struct segmentation {
  rgb background{};
  std::vector<object_track> objects;  ///< the largest first; at most 4
};

segmentation segment(const float_clip& clip);

}  // namespace zoetrope
