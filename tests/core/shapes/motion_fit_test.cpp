#include "core/shapes/motion_fit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace zoetrope {
namespace {

template <class Place>
std::vector<observation> path_of(int frames, Place place) {
  std::vector<observation> path;
  for (int f = 0; f < frames; ++f) {
    const double u = double(f) / (frames - 1);
    observation at{u, 0.5, 0.5, 0.15};
    place(u, f, at);
    path.push_back(at);
  }
  return path;
}

// Numbers by hand: a line through (0, 0), (1/2, 0.3), (1, 0) is y = 0.1, off by 0.1, 0.2, 0.1.
TEST(MotionFit, ALineIsTheBestOne) {
  const auto path = path_of(3, [](double, int f, observation& at) { at.y = f == 1 ? 0.3 : 0; });
  EXPECT_NEAR(fit_line(path).residual, std::sqrt((0.01 + 0.04 + 0.01) / 3), 1e-12);
  EXPECT_NEAR(fit_line(path).dy, 0, 1e-12);
  EXPECT_NEAR(fit_rest(path).residual, fit_line(path).residual, 1e-12);
}

TEST(MotionFit, LawsFitTheirOwnPaths) {
  const auto hops = path_of(8, [](double u, int, observation& at) {
    at.y = 0.7 - 0.4 * std::abs(std::sin(2 * std::numbers::pi * u));
  });
  EXPECT_NEAR(fit_bounce(hops).residual, 0, 1e-9);
  EXPECT_NEAR(fit_bounce(hops).amplitude, 0.4, 1e-9);
  EXPECT_GT(fit_line(hops).residual, 0.1);
  for (const double sense : {1., -1.}) {
    const auto circle = path_of(8, [&](double u, int, observation& at) {
      at.x += 0.2 * std::cos(1 + sense * 2 * std::numbers::pi * u);
      at.y += 0.2 * std::sin(1 + sense * 2 * std::numbers::pi * u);
    });
    EXPECT_NEAR(fit_orbit(circle).residual, 0, 1e-9);
    EXPECT_NEAR(fit_orbit(circle).amplitude, 0.2, 1e-9);
    EXPECT_EQ(fitted_motion(circle).motion, "orbit");
  }
  EXPECT_EQ(fitted_motion(hops).motion, "bounce");
}

TEST(MotionFit, NamesDirections) {
  const auto line = [](double dx, double dy) {
    return fitted_motion(path_of(8, [&](double u, int, observation& at) { at.x += dx * u, at.y += dy * u; }))
        .motion;
  };
  EXPECT_EQ(line(-0.3, 0), "left");
  EXPECT_EQ(line(0.3, 0.1), "right");
  EXPECT_EQ(line(0.1, -0.3), "up");
  EXPECT_EQ(line(0, 0.3), "down");
  EXPECT_EQ(line(0.02, 0), "still");
  EXPECT_EQ(line(0.3, 0.28), "") << "neither right nor down";
}

TEST(MotionFit, NamesGrowthOnlyWhereItIsSteady) {
  const auto radii = [](std::vector<double> values) {
    return fitted_motion(
               path_of(int(values.size()), [&](double, int f, observation& at) { at.radius = values[f]; }))
        .motion;
  };
  EXPECT_EQ(radii({.1, .12, .14, .16, .18, .2}), "grow");
  EXPECT_EQ(radii({.2, .18, .16, .14, .12, .1}), "shrink");
  EXPECT_EQ(radii({.1, .2, .1, .2, .1, .2}), "still");
  EXPECT_EQ(radii({.15, .16, .15, .16, .15, .16}), "still");
}

TEST(MotionFit, NamesNothingThatJumpsAbout) {
  const double places[][2] = {{.2, .2}, {.8, .7}, {.3, .8}, {.7, .2}, {.5, .5}, {.2, .6}, {.8, .3}, {.4, .1}};
  const motion_fit fit = fitted_motion(
      path_of(8, [&](double, int f, observation& at) { at.x = places[f][0], at.y = places[f][1]; }));
  EXPECT_EQ(fit.motion, "");
  EXPECT_GT(fit.residual, 0.2);
  EXPECT_EQ(fitted_motion({}).motion, "");
}

TEST(MotionFit, FindsASteadyTurnThroughSymmetry) {
  std::vector<double> times, degrees;
  for (int f = 0; f < 8; ++f) {
    times.push_back(f / 7.);
    degrees.push_back(std::fmod(10 + 135 * f / 7., 60));
  }
  EXPECT_NEAR(steady_turn(times, degrees, 60), 135, 1);
  EXPECT_EQ(steady_turn(times, std::vector<double>(8, 20.), 60), 0);
  EXPECT_EQ(steady_turn(times, degrees, 0), 0) << "a circle";
}

}  // namespace
}  // namespace zoetrope
