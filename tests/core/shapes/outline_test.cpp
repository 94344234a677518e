// Areas, centroids, reaches and symmetries of the outlines, measured on a fine grid.
#include "core/shapes/outline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "core/shapes/vocabulary.hpp"

namespace zoetrope {
namespace {

constexpr double step = 0.004;

template <class Visit>
void over_plane(Visit visit) {
  for (double y = -2 + step / 2; y < 2; y += step)
    for (double x = -2 + step / 2; x < 2; x += step) visit(x, y);
}

TEST(Outline, EachHasTheAreaOfACircleItsCentroidAtTheOriginAndItsReach) {
  for (const std::string& name : names_of(shape_words())) {
    const outline& shape = outline_named(name);
    double area = 0, x_sum = 0, y_sum = 0, reach = 0;
    over_plane([&](double x, double y) {
      const double share = coverage(shape.distance(float(x), float(y)) / float(step)) * step * step;
      if (share == 0) return;
      area += share, x_sum += x * share, y_sum += y * share;
      reach = std::max(reach, std::hypot(x, y));
    });
    EXPECT_NEAR(area, std::numbers::pi, 0.001) << name;
    EXPECT_NEAR(x_sum / area, 0, 0.002) << name;
    EXPECT_NEAR(y_sum / area, 0, 0.002) << name;
    EXPECT_LE(reach, shape.reach + step) << name;
    EXPECT_GT(reach, shape.reach - 0.03) << name;
  }
}

TEST(Outline, LooksTheSameTurnedByItsPeriodAndNotByHalfOfIt) {
  for (const std::string& name : names_of(shape_words())) {
    const outline& shape = outline_named(name);
    const auto largest_change = [&](double degrees) {
      const double c = std::cos(degrees * std::numbers::pi / 180),
                   s = std::sin(degrees * std::numbers::pi / 180);
      double change = 0;
      for (double y = -1.6; y < 1.6; y += 0.09)
        for (double x = -1.6; x < 1.6; x += 0.07)
          change =
              std::max<double>(change, std::abs(shape.distance(float(x), float(y)) -
                                                shape.distance(float(c * x - s * y), float(s * x + c * y))));
      return change;
    };
    if (shape.period == 0) {
      EXPECT_LT(largest_change(33), 1e-5) << name;
    } else {
      EXPECT_LT(largest_change(shape.period), 1e-4) << name;
      EXPECT_GT(largest_change(shape.period / 2), 0.1) << name;
    }
  }
}

// Across the middle of an edge the distance grows by 1 a unit: that is what antialiasing needs.
TEST(Outline, DistancesAreInUnitsOfTheRadius) {
  constexpr float h = 1e-2f;
  EXPECT_NEAR(outline_named("triangle").distance(0, 0.777560f), 0, 1e-5);
  EXPECT_NEAR(outline_named("diamond").distance(0.511663f, 0.767495f), 0, 1e-5);
  for (const std::string& name : names_of(shape_words())) {
    const outline& shape = outline_named(name);
    int edges = 0;
    over_plane([&](double x, double y) {
      const auto px = float(x), py = float(y);
      const float here = shape.distance(px, py);
      if (std::abs(here) > 1e-3f) return;
      const float dx = (shape.distance(px + h, py) - shape.distance(px - h, py)) / (2 * h);
      const float dy = (shape.distance(px, py + h) - shape.distance(px, py - h)) / (2 * h);
      if (std::abs(std::hypot(dx, dy) - 1) < 0.02)
        ++edges;
      else
        --edges;  // corners
    });
    EXPECT_GT(edges, 100) << name;
  }
}

TEST(Outline, NamesHaveOutlines) {
  for (const std::string& name : names_of(shape_words())) EXPECT_EQ(outline_named(name).name, name);
  EXPECT_THROW(outline_named("blob"), error);
}

TEST(Outline, CoverageIsHalfOnTheEdge) {
  EXPECT_EQ(coverage(0), 0.5f);
  EXPECT_EQ(coverage(-0.25f), 0.75f);
  EXPECT_EQ(coverage(-3), 1);
  EXPECT_EQ(coverage(3), 0);
}

}  // namespace
}  // namespace zoetrope
