// Says what a clip shows, by arithmetic alone: works on drawn clips and on generated ones with soft edges and
// noise.
#pragma once

#include "core/io/float_clip.hpp"
#include "core/shapes/shape_world.hpp"
#include "core/shapes/vocabulary.hpp"

namespace zoetrope {

/// A name is empty where nothing is seen or none fits.
struct judged_object {
  std::string colour, shape, motion, size;
  rgb value{};                                 ///< its colour
  std::vector<bool> is_seen;                   ///< per frame
  std::vector<std::array<double, 2>> centres;  ///< per frame in pixels; 0 where it is not seen
  std::vector<double> areas;                   ///< per frame in square pixels
  double residual =
      0;            ///< root mean square distance in pixels from the motion's law (a straight line if none)
  double turn = 0;  ///< degrees clockwise over the clip, of one that rotates
};

struct verdict {
  std::string background;
  std::vector<judged_object> objects;  ///< at most 4, the largest first
  double flicker = 0;                  ///< mean |second difference in time| of the pixels' values
};

/// Words are those of `world` (its colours, shapes, motions, sizes and backgrounds, and black); what does not
/// fit any of them has no name. error{usage} as check_clip().
verdict judge(const float_clip& clip, const shape_world& world = {});

}  // namespace zoetrope
