// Which motion a path has: laws of trajectory.hpp are fitted to centroids, radii and angles; a motion is
// named only where its law fits and the object goes far enough.
#pragma once

#include <string>
#include <vector>

namespace zoetrope {

/// What is known of one frame of an object.
struct observation {
  double time;    ///< in [0, 1]
  double x, y;    ///< in shorter sides of the frame
  double radius;  ///< in shorter sides
};

/// The root mean square distance of the centres from the law, in shorter sides, with the parameters that fit
/// best.
struct law_fit {
  double residual = 0;
  double dx = 0, dy = 0;  ///< line: the way in all
  double amplitude = 0;   ///< bounce: height; orbit: radius
};
law_fit fit_rest(const std::vector<observation>& path);
law_fit fit_line(const std::vector<observation>& path);
law_fit fit_bounce(const std::vector<observation>& path);
law_fit fit_orbit(const std::vector<observation>& path);

struct motion_fit {
  std::string motion;   ///< left, right, up, down, bounce, orbit, grow, shrink, still; empty where none fits
  double residual = 0;  ///< of its law; of a straight line where none fits
};

/// Needs 3 observations to name a motion.
motion_fit fitted_motion(const std::vector<observation>& path);

/// The turn over the whole clip in degrees, of angles known modulo `period`; 0 where no steady turn fits or
/// it is under a third of full_turn.
double steady_turn(const std::vector<double>& times, const std::vector<double>& degrees, double period);

}  // namespace zoetrope
