// See outline.hpp. Constants follow from area = pi. Distances of polygons are those to the lines of their
// edges, which differ from the true ones only beyond corners.
#include "core/shapes/outline.hpp"

#include <algorithm>
#include <cmath>

#include "core/shapes/vocabulary.hpp"

namespace zoetrope {
namespace {

float circle(float x, float y) { return std::sqrt(x * x + y * y) - 1; }

// (2 a)^2 = pi
float square(float x, float y) { return std::max(std::abs(x), std::abs(y)) - 0.886227f; }

// Inradius a: 3 sqrt(3) a^2 = pi; points up.
float triangle(float x, float y) { return std::max(y, 0.866025f * std::abs(x) - 0.5f * y) - 0.777560f; }

// Two bars of half length l and half width 0.34 l: 4 l^2 (2 - 0.34) 0.34 = pi
float cross(float x, float y) {
  constexpr float length = 1.179664f, width = 0.34f * length;
  const float across = std::abs(x), along = std::abs(y);
  return std::min(std::max(across - width, along - length), std::max(across - length, along - width));
}

// Five tips at R, notches at R / 2: 5 sin(36 deg) R^2 / 2 = pi. Two mirrors fold the plane into the wedge
// about the upper tip; there the edge runs from the tip to the notch.
float star(float x, float y) {
  constexpr float tip = 1.462157f, cos36 = 0.809017f, sin36 = 0.587785f;
  float side = std::abs(x), up = -y;
  const float first = 2 * std::max(0.f, cos36 * side - sin36 * up);
  side -= first * cos36, up += first * sin36;
  const float second = 2 * std::max(0.f, -cos36 * side - sin36 * up);
  side = std::abs(side + second * cos36), up += second * sin36;
  constexpr float to_side = tip / 2 * sin36, to_up = tip / 2 * cos36 - tip;
  static const float length = std::hypot(to_side, to_up);
  return ((up - tip) * to_side - side * to_up) / length;
}

// Outer radius 2 / sqrt(3), inner one half of it.
float ring(float x, float y) { return std::abs(std::sqrt(x * x + y * y) - 0.866025f) - 0.288675f; }

// Half axes a and 1.5 a: 3 a^2 = pi; upright.
float diamond(float x, float y) { return 0.832050f * std::abs(x) + 0.554700f * std::abs(y) - 0.851453f; }

// Inradius a: 2 sqrt(3) a^2 = pi; a corner up.
float hexagon(float x, float y) {
  const float across = std::abs(x);
  return std::max(across, 0.5f * across + 0.866025f * std::abs(y)) - 0.952313f;
}

constexpr outline outlines[]{{"circle", 1.f, 0, circle},
                             {"square", 1.253314f, 90, square},
                             {"triangle", 1.555121f, 120, triangle},
                             {"cross", 1.245982f, 90, cross},
                             {"star", 1.462157f, 72, star},
                             {"ring", 1.154701f, 0, ring},
                             {"diamond", 1.534990f, 180, diamond},
                             {"hexagon", 1.099636f, 60, hexagon}};

}  // namespace

const outline& outline_named(const std::string& name) {
  const std::string& known = shape_named(name).name;
  return *std::find_if(std::begin(outlines), std::end(outlines),
                       [&](const outline& each) { return each.name == known; });
}

}  // namespace zoetrope
