// The judge against what was drawn, as it is and with soft edges and noise, and against clips that show
// nothing.
#include "core/shapes/judge.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "core/error.hpp"
#include "core/shapes/caption.hpp"
#include "core/shapes/ground_truth.hpp"
#include "core/shapes/obedience.hpp"
#include "tests/core/shapes/scenes.hpp"

namespace zoetrope {
namespace {

shape_world world_of(int objects, bool all_shapes) {
  shape_world world;
  world.two_objects = objects == 2;
  if (all_shapes) world.shapes = names_of(shape_words());
  return world;
}

// How many of `count` scenes are not judged as they were drawn, in anything.
template <class Change>
int mistakes(const shape_world& world, int side, int frames, int count, Change change) {
  int wrong = 0;
  for (int i = 0; i < count; ++i) {
    const scene drawn = draw_scene(world, 21, i);
    const float_clip clip = change(render(drawn, side, side, frames), i);
    if (!obeys(read_caption(caption(drawn)), judge(clip, world)).all()) ++wrong;
  }
  return wrong;
}

float_clip same(float_clip clip, int) { return clip; }

TEST(Judge, IsAlwaysRightOnWhatWasDrawn) {
  for (const int side : {64, 32}) {
    EXPECT_EQ(mistakes(world_of(1, false), side, 8, 1000, same), 0);
    EXPECT_EQ(mistakes(world_of(1, true), side, 8, 500, same), 0);
  }
  EXPECT_EQ(mistakes(world_of(1, true), 64, 16, 200, same), 0);
}

TEST(Judge, IsRightOnTwoObjects) {
  EXPECT_EQ(mistakes(world_of(2, false), 64, 8, 500, same), 0);
  EXPECT_EQ(mistakes(world_of(2, false), 32, 8, 500, same), 0);
}

TEST(Judge, IsRightThroughSoftEdgesAndNoise) {
  const auto worse = [](float_clip clip, int i) { return noisy(blurred(std::move(clip), 1), 0.05, i); };
  EXPECT_EQ(mistakes(world_of(1, false), 64, 8, 300, worse), 0);
  EXPECT_EQ(mistakes(world_of(1, false), 32, 8, 300, worse), 0);
  EXPECT_EQ(mistakes(world_of(2, false), 64, 8, 200, worse), 0);
}

TEST(Judge, MeasuresPathsToAFractionOfAPixel) {
  const shape_world world = world_of(1, true);
  for (int i = 0; i < 200; ++i) {
    const scene drawn = draw_scene(world, 22, i);
    const ground_truth truth = truth_of(drawn, 64, 64, 8);
    const verdict got = judge(render(drawn, 64, 64, 8), world);
    ASSERT_EQ(got.objects.size(), 1u);
    for (int f = 0; f < 8; ++f) {
      EXPECT_NEAR(got.objects[0].centres[f][0], truth.objects[0].centres[f][0], 0.1) << caption(drawn);
      EXPECT_NEAR(got.objects[0].centres[f][1], truth.objects[0].centres[f][1], 0.1) << caption(drawn);
      EXPECT_NEAR(got.objects[0].areas[f] / truth.objects[0].areas[f], 1, 0.06) << caption(drawn);
    }
    EXPECT_LT(got.objects[0].residual, 0.1) << caption(drawn);
  }
}

float_clip picked(const float_clip& clip, const std::vector<int>& order) {
  float_clip result{clip.width, clip.height, int(order.size()), {}};
  const std::size_t frame = clip.pixels.size() / clip.frames;
  for (const int f : order)
    result.pixels.insert(result.pixels.end(), clip.pixels.begin() + std::ptrdiff_t(f * frame),
                         clip.pixels.begin() + std::ptrdiff_t((f + 1) * frame));
  return result;
}

TEST(Judge, TellsBackwardsFromForwards) {
  shape_world world = world_of(1, false);
  world.motions = {"left", "right", "up", "down", "grow", "shrink"};
  for (int i = 0; i < 100; ++i) {
    const scene drawn = draw_scene(world, 23, i);
    const float_clip backwards = picked(render(drawn, 32, 32, 8), {7, 6, 5, 4, 3, 2, 1, 0});
    EXPECT_EQ(judge(backwards).objects.at(0).motion, motion_named(drawn.objects[0].path.motion).opposite);
  }
}

TEST(Judge, NamesNoMotionWhereFramesAreShuffled) {
  scene drawn = plain_scene("red", "circle", "right");
  drawn.objects[0].path = {"right", 0.2, 0.5, 0.6};
  const float_clip clip = render(drawn, 64, 64, 8);
  const verdict right = judge(clip), shuffled = judge(picked(clip, {3, 6, 0, 5, 1, 7, 2, 4}));
  EXPECT_EQ(right.objects.at(0).motion, "right");
  EXPECT_EQ(shuffled.objects.at(0).motion, "");
  EXPECT_EQ(shuffled.objects.at(0).colour, "red");
  EXPECT_GT(shuffled.objects.at(0).residual, 50 * right.objects.at(0).residual);
  EXPECT_GT(shuffled.flicker, 1.5 * right.flicker);
}

TEST(Judge, SeesNothingWhereNothingIs) {
  float_clip clip{32, 32, 8, std::vector<float>(8 * 32 * 32 * 3, 0.97f)};
  EXPECT_TRUE(judge(clip).objects.empty());
  EXPECT_EQ(judge(clip).background, "white");
  EXPECT_EQ(judge(clip).flicker, 0);
  EXPECT_TRUE(judge(noisy(clip, 0.1, 1)).objects.empty());
  for (std::size_t i = 0; i < clip.pixels.size(); i += 3)
    clip.pixels[i] = 1, clip.pixels[i + 1] = clip.pixels[i + 2] = 0;
  EXPECT_EQ(judge(clip).background, "") << "red is no background's name";
}

TEST(Judge, NamesOnlyWhatTheWorldKnows) {
  const float_clip clip = render(plain_scene("pink", "ring", "still"), 64, 64, 8);
  shape_world world;
  world.shapes = {"circle"};
  world.colours = {"green"};
  world.motions = {"left"};
  const judged_object got = judge(clip, world).objects.at(0);
  EXPECT_EQ(got.shape, "");
  EXPECT_EQ(got.colour, "");
  EXPECT_EQ(got.motion, "");
}

TEST(Judge, AnObjectThatComesAndGoesHasNoMotion) {
  const float_clip clip = render(plain_scene("red", "circle", "still"), 32, 32, 8);
  float_clip gone = clip;
  const std::size_t frame = clip.pixels.size() / 8;
  for (const int f : {2, 5}) std::fill_n(gone.pixels.begin() + std::ptrdiff_t(f * frame), frame, 0.f);
  const verdict got = judge(gone);
  ASSERT_EQ(got.objects.size(), 1u);
  EXPECT_EQ(got.objects[0].motion, "");
  EXPECT_EQ(got.objects[0].is_seen, (std::vector<bool>{true, true, false, true, true, false, true, true}));
  EXPECT_EQ(judge(clip).objects[0].motion, "still");
}

TEST(Judge, TakesClipsOfAnyShape) {
  const scene drawn = plain_scene("red", "square", "still");
  for (const auto& [width, height, frames] : {std::tuple{96, 48, 5}, {40, 72, 3}, {64, 64, 1}}) {
    const verdict got = judge(render(drawn, width, height, frames));
    ASSERT_EQ(got.objects.size(), 1u);
    EXPECT_EQ(got.objects[0].shape, "square");
    EXPECT_EQ(got.objects[0].motion, frames == 1 ? "" : "still");
  }
  EXPECT_TRUE(judge({1, 1, 1, {0, 0, 0}}).objects.empty());
  EXPECT_THROW(judge({2, 2, 1, {0}}), error);
}

}  // namespace
}  // namespace zoetrope
