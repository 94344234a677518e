// Where an object is at time u in [0, 1] of its clip. Places are shares of width and height, from the top
// left.
#pragma once

#include <string>

#include "core/shapes/splitmix.hpp"

namespace zoetrope {

struct pose {
  double x, y;
  double scale;  ///< of the radius
  double angle;  ///< radians, clockwise
};

/// left, right, up, down: from (x, y) by (dx, dy) at constant speed. bounce: two hops from (x, y), dy high.
/// orbit: once clockwise about (x, y), (dx, dy) away, from `phase` on. The others stay at (x, y).
struct trajectory {
  std::string motion;
  double x = 0, y = 0, dx = 0, dy = 0, phase = 0;
};

pose pose_at(const trajectory& path, double u);
/// Of frame `index` of `frames` that show the motion from time `begins` to its end; a single frame is taken
/// from the middle of that.
double time_of(int index, int frames, double begins = 0);

/// What a growing object's scale runs through, and a rotating one's angle (degrees).
inline constexpr double least_scale = 0.55, greatest_scale = 1.3, full_turn = 135;

/// A part of the frame that an object must not leave.
struct lane {
  double left = 0, top = 0, right = 1, bottom = 1;
};

/// A path of `motion` inside `where` for an object that reaches this far from its centre, as long as there is
/// room for, up to 0.55 of the frame.
trajectory draw_trajectory(const std::string& motion, const lane& where, double reach_x, double reach_y,
                           splitmix& random);

}  // namespace zoetrope
