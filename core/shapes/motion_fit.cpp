// See motion_fit.hpp. Linear least squares throughout; phases are tried on a grid.
#include "core/shapes/motion_fit.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "core/shapes/trajectory.hpp"

namespace zoetrope {
namespace {

constexpr double least_extent = 0.1;     // of a path that is more than standing still
constexpr double most_of_extent = 0.2;   // what a law's residual may be of the extent
constexpr double most_slanted = 0.7;     // of a direction: the lesser part of the way over the greater
constexpr double least_growth = 1.4;     // of the radius from first to last
constexpr double most_of_radius = 0.15;  // what the radii may be off a steady growth
constexpr int phases = 24;
constexpr double turn = 2 * std::numbers::pi;

// value = offset + slope * feature
struct line_fit {
  double offset = 0, slope = 0, squares = 0;
};

template <class Feature, class Value>
line_fit regress(const std::vector<observation>& path, Feature feature, Value value) {
  const auto n = double(path.size());
  double f = 0, v = 0, ff = 0, fv = 0;
  for (const observation& at : path) f += feature(at) / n, v += value(at) / n;
  for (const observation& at : path)
    ff += (feature(at) - f) * (feature(at) - f), fv += (feature(at) - f) * (value(at) - v);
  line_fit fit;
  fit.slope = ff > 1e-12 ? fv / ff : 0;
  fit.offset = v - fit.slope * f;
  for (const observation& at : path) {
    const double off = value(at) - fit.offset - fit.slope * feature(at);
    fit.squares += off * off;
  }
  return fit;
}

double x_of(const observation& at) { return at.x; }
double y_of(const observation& at) { return at.y; }
double time_at(const observation& at) { return at.time; }
double nothing(const observation&) { return 0; }

double root_mean(double squares, const std::vector<observation>& path) {
  return std::sqrt(squares / double(path.size()));
}

double extent_of(const std::vector<observation>& path) {
  double farthest = 0;
  for (const observation& a : path)
    for (const observation& b : path) farthest = std::max(farthest, std::hypot(a.x - b.x, a.y - b.y));
  return farthest;
}

std::string direction(const law_fit& line) {
  const double across = std::abs(line.dx), down = std::abs(line.dy);
  if (std::min(across, down) > most_slanted * std::max(across, down)) return "";
  return across > down ? (line.dx < 0 ? "left" : "right") : (line.dy < 0 ? "up" : "down");
}

std::string growth(const std::vector<observation>& path) {
  const line_fit fit = regress(path, time_at, [](const observation& at) { return at.radius; });
  const double first = std::max(1e-6, fit.offset), last = std::max(1e-6, fit.offset + fit.slope);
  if (root_mean(fit.squares, path) > most_of_radius * (first + last) / 2) return "";
  return last > least_growth * first ? "grow" : first > least_growth * last ? "shrink" : "";
}

}  // namespace

law_fit fit_rest(const std::vector<observation>& path) {
  return {root_mean(regress(path, nothing, x_of).squares + regress(path, nothing, y_of).squares, path)};
}

law_fit fit_line(const std::vector<observation>& path) {
  const line_fit x = regress(path, time_at, x_of), y = regress(path, time_at, y_of);
  return {root_mean(x.squares + y.squares, path), x.slope, y.slope};
}

law_fit fit_bounce(const std::vector<observation>& path) {
  const double across = regress(path, nothing, x_of).squares;
  law_fit best{INFINITY};
  for (int i = 0; i < phases; ++i) {
    const double phase = std::numbers::pi * i / phases;
    const line_fit y = regress(
        path, [&](const observation& at) { return std::abs(std::sin(turn * at.time + phase)); }, y_of);
    const double residual = root_mean(across + y.squares, path);
    if (y.slope < 0 && residual < best.residual) best = {residual, 0, 0, -y.slope};
  }
  return best;
}

// z = a + b exp(i 2 pi s u): one turn, s = 1 clockwise or -1.
law_fit fit_orbit(const std::vector<observation>& path) {
  using complex = std::complex<double>;
  const auto n = double(path.size());
  law_fit best{INFINITY};
  for (const double sense : {1., -1.}) {
    complex mean_z = 0, mean_e = 0, covariance = 0;
    const auto circle = [&](const observation& at) { return std::polar(1., sense * turn * at.time); };
    for (const observation& at : path) mean_z += complex(at.x, at.y) / n, mean_e += circle(at) / n;
    double variance = 0, squares = 0;
    for (const observation& at : path) {
      covariance += (complex(at.x, at.y) - mean_z) * std::conj(circle(at) - mean_e);
      variance += std::norm(circle(at) - mean_e);
    }
    if (variance < 1e-12) continue;
    const complex radius = covariance / variance;
    for (const observation& at : path)
      squares += std::norm(complex(at.x, at.y) - mean_z - radius * (circle(at) - mean_e));
    if (const double residual = root_mean(squares, path); residual < best.residual)
      best = {residual, 0, 0, std::abs(radius)};
  }
  return best;
}

motion_fit fitted_motion(const std::vector<observation>& path) {
  if (path.size() < 3) return {};
  if (const std::string grown = growth(path); !grown.empty()) return {grown, fit_rest(path).residual};
  const double extent = extent_of(path);
  if (extent < least_extent) return {"still", fit_rest(path).residual};
  const law_fit line = fit_line(path), bounce = fit_bounce(path), orbit = fit_orbit(path);
  motion_fit best{"", most_of_extent * extent};
  const auto consider = [&](const std::string& motion, const law_fit& law, double size) {
    if (size >= least_extent / 2 && law.residual < best.residual) best = {motion, law.residual};
  };
  consider(direction(line), line, std::hypot(line.dx, line.dy) / 2);
  consider("bounce", bounce, bounce.amplitude);
  consider("orbit", orbit, orbit.amplitude);
  if (best.motion.empty()) best.residual = line.residual;
  return best;
}

// The mean resultant length of angles minus a steady turn: 1 where all agree. Turns that would take half a
// period a frame cannot be told from their opposites.
double steady_turn(const std::vector<double>& times, const std::vector<double>& degrees, double period) {
  if (times.size() < 3 || period <= 0) return 0;
  constexpr double least_agreement = 0.8, least_turn = full_turn / 3;
  const auto agreement = [&](double whole) {
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < times.size(); ++i)
      sum += std::polar(1., (degrees[i] - whole * times[i]) / period * turn);
    return std::abs(sum) / double(times.size());
  };
  const double most = std::min(1.5 * full_turn, 0.45 * period * double(times.size() - 1));
  double best = 0;
  for (double whole = -most; whole <= most; whole += 1)
    if (agreement(whole) > agreement(best)) best = whole;
  return agreement(best) >= least_agreement && std::abs(best) >= least_turn ? best : 0;
}

}  // namespace zoetrope
