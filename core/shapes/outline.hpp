// Outlines by their signed distance: negative inside, in units of the radius, y down. An outline of radius 1
// has area pi and its centroid at the origin, so that sizes compare and a radius follows from an area.
#pragma once

#include <string>

namespace zoetrope {

struct outline {
  const char* name;
  float reach;   ///< the farthest point from the origin
  float period;  ///< it looks the same turned by this many degrees; 0: by any
  float (*distance)(float x, float y);
};

/// error{bad_input} for a name that is not a shape's.
const outline& outline_named(const std::string& name);

/// The share of a pixel that lies inside, by the distance of its centre in pixels.
inline float coverage(float distance) {
  const float share = 0.5f - distance;
  return share < 0 ? 0.f : share > 1 ? 1.f : share;
}

}  // namespace zoetrope
