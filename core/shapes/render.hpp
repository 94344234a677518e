// Draws a scene: each object is blended over what lies behind it by the share of the pixel that its outline
// covers (the signed distance at the pixel's centre, clamped to half a pixel on both sides).
#pragma once

#include "core/io/float_clip.hpp"
#include "core/shapes/scene.hpp"

namespace zoetrope {

/// error{usage} for a size or length below 1.
float_clip render(const scene& drawn, int width, int height, int frames);
/// These of its frames, in this order; any may come twice. error{usage} for one that it does not have, too.
float_clip render(const scene& drawn, int width, int height, int frames, const std::vector<int>& picked);

/// Where an object's frame of reference lies in a frame of width x height pixels.
struct object_placement {
  double x, y, radius, cosine, sine;

  object_placement(const scene_object& object, double u, int width, int height);
  /// A point in pixels, in units of the radius.
  void to_object(double pixel_x, double pixel_y, double& x, double& y) const;
  void to_pixels(double object_x, double object_y, double& x, double& y) const;
};

/// The pixels that an object may touch: columns [left, right), rows [top, bottom), inside of the frame.
struct pixel_box {
  int left = 0, top = 0, right = 0, bottom = 0;
};
pixel_box pixels_within(double x, double y, double reach, int width, int height);

}  // namespace zoetrope
