// See trajectory.hpp.
#include "core/shapes/trajectory.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace zoetrope {
namespace {

constexpr double longest = 0.55, least_share = 0.85;

// Where a centre may be along one axis.
struct span {
  double least, greatest;
  span(double from, double to, double reach) : least(from + reach), greatest(to - reach) {
    if (least > greatest) least = greatest = (from + to) / 2;
  }
  double room() const { return greatest - least; }
};

double travel(const span& where, splitmix& random) {
  return std::min(longest, where.room()) * random.uniform(least_share, 1);
}

bool is_scaled(const std::string& motion) { return motion == "grow" || motion == "shrink"; }

}  // namespace

pose pose_at(const trajectory& path, double u) {
  constexpr double turn = 2 * std::numbers::pi;
  const std::string& motion = path.motion;
  pose at{path.x, path.y, 1, 0};
  if (motion == "bounce")
    at.y -= path.dy * std::abs(std::sin(turn * u));
  else if (motion == "orbit")
    at.x += path.dx * std::cos(path.phase + turn * u), at.y += path.dy * std::sin(path.phase + turn * u);
  else if (is_scaled(motion))
    at.scale = least_scale + (greatest_scale - least_scale) * (motion == "grow" ? u : 1 - u);
  else if (motion == "rotate")
    at.angle = full_turn / 360 * turn * u;
  else
    at.x += path.dx * u, at.y += path.dy * u;
  return at;
}

double time_of(int index, int frames, double begins) {
  return begins + (1 - begins) * (frames == 1 ? 0.5 : double(index) / (frames - 1));
}

trajectory draw_trajectory(const std::string& motion, const lane& where, double reach_x, double reach_y,
                           splitmix& random) {
  const double scale = is_scaled(motion) ? greatest_scale : 1;
  const span across(where.left, where.right, reach_x * scale), down(where.top, where.bottom, reach_y * scale);
  trajectory path{motion, random.uniform(across.least, across.greatest),
                  random.uniform(down.least, down.greatest)};
  if (motion == "left" || motion == "right") {
    const double length = travel(across, random);
    const double start = random.uniform(across.least, across.greatest - length);
    path.x = motion == "right" ? start : start + length;
    path.dx = motion == "right" ? length : -length;
  } else if (motion == "up" || motion == "down") {
    const double length = travel(down, random);
    const double start = random.uniform(down.least, down.greatest - length);
    path.y = motion == "down" ? start : start + length;
    path.dy = motion == "down" ? length : -length;
  } else if (motion == "bounce") {
    path.dy = travel(down, random);
    path.y = random.uniform(down.least + path.dy, down.greatest);
  } else if (motion == "orbit") {
    const double share = random.uniform(least_share, 1);
    path.dx = std::min(longest, across.room()) / 2 * share;
    path.dy = std::min(longest, down.room()) / 2 * share;
    path.x = random.uniform(across.least + path.dx, across.greatest - path.dx);
    path.y = random.uniform(down.least + path.dy, down.greatest - path.dy);
    path.phase = random.uniform(0, 2 * std::numbers::pi);
  }
  return path;
}

}  // namespace zoetrope
