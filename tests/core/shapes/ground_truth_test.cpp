#include "core/shapes/ground_truth.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/core/shapes/scenes.hpp"

namespace zoetrope {
namespace {

constexpr int side = 64;

scene moving(const char* motion) { return plain_scene("red", "square", motion); }

// Visits the pixels that the object fills in all four neighbours as well.
template <class Visit>
int over_inside(const ground_truth& truth, int frame, Visit visit) {
  int count = 0;
  const float* mask = &truth.objects[0].mask[std::size_t(frame) * side * side];
  for (int y = 1; y < side - 1; ++y)
    for (int x = 1; x < side - 1; ++x)
      if (mask[y * side + x] == 1) {
        const float* flow = &truth.flow[((std::size_t(frame) * side + y) * side + x) * 2];
        visit(x + 0.5 - 32, y + 0.5 - 32, flow[0], flow[1]);
        ++count;
      }
  return count;
}

TEST(GroundTruth, AMovingObjectFlowsAsAWhole) {
  scene drawn = moving("right");
  drawn.objects[0].path = {"right", 0.25, 0.5, 0.5};
  const ground_truth truth = truth_of(drawn, side, side, 5);
  EXPECT_EQ(truth.flow.size(), 4u * side * side * 2);
  const int inside = over_inside(truth, 2, [](double, double, float dx, float dy) {
    EXPECT_NEAR(dx, 8, 1e-4);  // 0.5 * 64 over 4 steps
    EXPECT_NEAR(dy, 0, 1e-4);
  });
  EXPECT_GT(inside, 250);
  EXPECT_EQ(truth.flow[0], 0);
  EXPECT_NEAR(truth.objects[0].centres[3][0], 40, 1e-9);
  EXPECT_NEAR(truth.objects[0].centres[3][1], 32, 1e-9);
  EXPECT_NEAR(truth.objects[0].areas[3], std::numbers::pi * std::pow(0.17 * 64, 2), 1e-9);
}

// 135 degrees in 3 steps: 45 each. A point (x, y) about the centre goes to ((x - y), (x + y)) / sqrt(2):
// clockwise.
TEST(GroundTruth, ARotatingObjectFlowsAroundItsCentre) {
  const ground_truth truth = truth_of(moving("rotate"), side, side, 4);
  EXPECT_GT(over_inside(truth, 0,
                        [](double x, double y, float dx, float dy) {
                          EXPECT_NEAR(dx, (x - y) / std::sqrt(2) - x, 1e-4);
                          EXPECT_NEAR(dy, (x + y) / std::sqrt(2) - y, 1e-4);
                        }),
            250);
}

// Scales 0.55, 0.925, 1.3.
TEST(GroundTruth, AGrowingObjectFlowsOutward) {
  const ground_truth truth = truth_of(moving("grow"), side, side, 3);
  EXPECT_GT(over_inside(truth, 1,
                        [](double x, double y, float dx, float dy) {
                          EXPECT_NEAR(dx, x * (1.3 / 0.925 - 1), 1e-4);
                          EXPECT_NEAR(dy, y * (1.3 / 0.925 - 1), 1e-4);
                        }),
            250);
  EXPECT_NEAR(truth.objects[0].areas[2] / truth.objects[0].areas[0], std::pow(1.3 / 0.55, 2), 1e-9);
}

// Edges at 32 +- 10.25 columns: pixels 22 … 41 are more than half covered.
TEST(GroundTruth, BoxesHoldThePixelsThatAreMostlyTheObjects) {
  scene drawn = moving("still");
  drawn.objects[0].radius = 10.25 / 0.886227 / 64;
  const pixel_box box = truth_of(drawn, side, side, 1).objects[0].boxes[0];
  EXPECT_EQ(box.left, 22);
  EXPECT_EQ(box.right, 42);
  EXPECT_EQ(box.top, 22);
  EXPECT_EQ(box.bottom, 42);
}

TEST(GroundTruth, MasksExplainThePicture) {
  shape_world world;
  world.shapes = names_of(shape_words());
  world.two_objects = 0.5;
  for (uint64_t i = 0; i < 50; ++i) {
    const scene drawn = draw_scene(world, 1, i);
    const float_clip clip = render(drawn, side, side, 4);
    const ground_truth truth = truth_of(drawn, side, side, 4);
    for (std::size_t p = 0; p < clip.pixels.size() / 3; ++p) {
      float wanted = drawn.background.value[1];
      for (std::size_t k = 0; k < drawn.objects.size(); ++k)
        wanted += truth.objects[k].mask[p] * (drawn.objects[k].look.value[1] - drawn.background.value[1]);
      ASSERT_NEAR(clip.pixels[p * 3 + 1], wanted, 1e-4);
    }
  }
}

TEST(GroundTruth, WhatIsHiddenHasNoMaskAndNoFlow) {
  scene drawn = plain_scene("red", "square", "right");
  drawn.objects[0].path.dx = 0.1;
  scene_object cover = plain_scene("green", "square", "still").objects[0];
  cover.radius = 0.4;
  drawn.objects.push_back(cover);
  const ground_truth truth = truth_of(drawn, side, side, 2);
  for (const float share : truth.objects[0].mask) EXPECT_EQ(share, 0);
  for (const float part : truth.flow) EXPECT_EQ(part, 0);
  EXPECT_EQ(truth.objects[0].boxes[0].right, 0);
}

}  // namespace
}  // namespace zoetrope
