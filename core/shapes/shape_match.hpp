// Which outline an object has: the one whose coverage, at the object's centroid and area, over angles and
// widths of the edge, differs least from the pixels' shares.
#pragma once

#include "core/shapes/segmentation.hpp"

namespace zoetrope {

struct shape_match {
  std::string shape;    ///< empty where nothing is seen or none comes near
  double mismatch = 1;  ///< mean over frames of |share - coverage|^2 over |coverage|^2
};

/// The best of `shapes`.
shape_match matched_shape(const object_track& object, const std::vector<std::string>& shapes);

/// Degrees clockwise at which the outline matches best, modulo its period.
double matched_angle(const sighting& seen, const std::string& shape);

}  // namespace zoetrope
