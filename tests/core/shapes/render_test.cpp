#include "core/shapes/render.hpp"

#include <gtest/gtest.h>

#include <numbers>

#include "core/error.hpp"
#include "tests/core/shapes/scenes.hpp"

namespace zoetrope {
namespace {

rgb pixel(const float_clip& clip, int f, int y, int x) {
  const float* at = &clip.pixels[((std::size_t(f) * clip.height + y) * clip.width + x) * 3];
  return {at[0], at[1], at[2]};
}

// A square of half side 0.886227 r in the middle of 64 pixels, r so that its edges lie at 32 +- 10.25: the
// pixels at 10.5 from the middle are covered by a quarter.
TEST(Render, EdgesAreBlendedByTheirShare) {
  scene drawn = plain_scene("white", "square", "still");
  drawn.objects[0].radius = 10.25 / 0.886227 / 64;
  drawn.objects[0].look.value = {1, 0.5f, 0};
  drawn.background.value = {0, 0.5f, 1};
  const float_clip clip = render(drawn, 64, 64, 2);
  for (int f = 0; f < 2; ++f) {
    EXPECT_EQ(pixel(clip, f, 32, 32), (rgb{1, 0.5f, 0}));
    EXPECT_EQ(pixel(clip, f, 32, 41), (rgb{1, 0.5f, 0}));
    EXPECT_NEAR(pixel(clip, f, 32, 42)[0], 0.25, 1e-4);
    EXPECT_NEAR(pixel(clip, f, 32, 42)[2], 0.75, 1e-4);
    EXPECT_NEAR(pixel(clip, f, 21, 32)[0], 0.25, 1e-4);
    EXPECT_EQ(pixel(clip, f, 32, 43), (rgb{0, 0.5f, 1}));
  }
}

TEST(Render, AnyOfItsSizesShowsTheSame) {
  for (const auto& [width, height] : {std::pair{32, 32}, {64, 64}, {96, 64}, {33, 47}}) {
    scene drawn = plain_scene("white", "ring", "right");
    drawn.objects[0].path.x = 0.3;
    drawn.objects[0].path.dx = 0.4;
    drawn.objects[0].look.value = {1, 1, 1};
    const float_clip clip = render(drawn, width, height, 3);
    for (int f = 0; f < 3; ++f) {
      double area = 0, x_sum = 0, y_sum = 0;
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
          const double share = pixel(clip, f, y, x)[0];
          area += share, x_sum += share * (x + 0.5), y_sum += share * (y + 0.5);
        }
      const double radius = 0.17 * std::min(width, height);
      EXPECT_NEAR(area / (std::numbers::pi * radius * radius), 1, 0.02);
      EXPECT_NEAR(x_sum / area, (0.3 + 0.2 * f) * width, 0.05);
      EXPECT_NEAR(y_sum / area, 0.5 * height, 0.05);
    }
  }
}

TEST(Render, ASingleFrameIsTheMiddleOfTheClip) {
  scene drawn = plain_scene("red", "circle", "right");
  drawn.objects[0].path.x = 0.3;
  drawn.objects[0].path.dx = 0.4;
  const float_clip one = render(drawn, 32, 32, 1), three = render(drawn, 32, 32, 3);
  const auto frame = std::ptrdiff_t(one.pixels.size());
  EXPECT_TRUE(std::equal(one.pixels.begin(), one.pixels.end(), three.pixels.begin() + frame));
  EXPECT_THROW(render(drawn, 32, 0, 1), error);
}

// Of times 0, 1/4 … 1 the last three, and the end alone.
TEST(Render, AClipMayBeginLater) {
  scene drawn = plain_scene("red", "circle", "right");
  drawn.objects[0].path.x = 0.3;
  drawn.objects[0].path.dx = 0.4;
  const float_clip whole = render(drawn, 32, 32, 5);
  const auto frame = std::ptrdiff_t(whole.pixels.size() / 5);
  drawn.begins = 0.5;
  EXPECT_TRUE(std::equal(whole.pixels.begin() + 2 * frame, whole.pixels.end(),
                         render(drawn, 32, 32, 3).pixels.begin()));
  drawn.begins = 1;
  EXPECT_TRUE(std::equal(whole.pixels.begin() + 4 * frame, whole.pixels.end(),
                         render(drawn, 32, 32, 1).pixels.begin()));
}

TEST(Render, TexturesShowBothColoursAndGoWithTheObject) {
  for (const char* texture : {"stripes", "checks"}) {
    scene drawn = plain_scene("red", "square", "right");
    surface& look = drawn.objects[0].look;
    look.value = {1, 0, 0}, look.second = {0, 1, 0};
    look.texture = texture;
    look.period = 0.8;
    drawn.objects[0].path.x = 0.25;
    drawn.objects[0].path.dx = 0.5;  // 32 whole pixels
    const float_clip clip = render(drawn, 64, 64, 2);
    double first = 0, second = 0;
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 32; ++x) {
        const rgb here = pixel(clip, 0, y, x);
        first += here[0], second += here[1];
        for (int c = 0; c < 3; ++c) EXPECT_NEAR(here[c], pixel(clip, 1, y, x + 32)[c], 1e-4);
      }
    EXPECT_NEAR(first / (first + second), 0.5, 0.1) << texture;
  }
}

TEST(Render, LaterObjectsLieInFront) {
  scene drawn = plain_scene("red", "circle", "still");
  drawn.objects.push_back(plain_scene("green", "circle", "still").objects[0]);
  EXPECT_EQ(pixel(render(drawn, 32, 32, 1), 0, 16, 16), colour_named("green").value);
}

}  // namespace
}  // namespace zoetrope
