// The metrics of moving shapes on clips that core/shapes draws, whole and spoilt.
#include <gtest/gtest.h>

#include "core/shapes/caption.hpp"
#include "core/shapes/render.hpp"
#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

// One large object on plain ground that moves in a straight line.
scene drawn_scene(uint64_t index) {
  shape_world world;
  world.motions = {"left", "right"};
  world.sizes = {"large"};
  world.two_objects = 0;
  world.synonyms = false;
  return draw_scene(world, 3, index);
}

double value_of(const std::vector<metric_values>& values, const std::string& name) {
  for (const metric_values& value : values)
    if (value.name == name) return value.per_video;
  ADD_FAILURE() << "no " << name;
  return -1;
}

TEST(PromptAdherence, IsWholeForTheOwnCaptionAndNotForAnother) {
  for (uint64_t index = 0; index < 6; ++index) {
    const scene drawn = drawn_scene(index);
    const float_clip clip = render(drawn, 64, 64, 8);
    const std::string prompt = caption(drawn);
    const auto own = measured("prompt_adherence", {.clip = clip, .prompt = prompt});
    EXPECT_EQ(value_of(own, "prompt_adherence"), 1) << prompt;
    EXPECT_EQ(value_of(own, "adherence_all"), 1) << prompt;
    const auto other = swapped_caption(drawn, shape_world(), attribute::colour, 1);
    ASSERT_TRUE(other) << prompt;
    const auto wrong = measured("prompt_adherence", {.clip = clip, .prompt = *other});
    EXPECT_LT(value_of(wrong, "prompt_adherence"), 1) << *other;
    EXPECT_EQ(value_of(wrong, "adherence_colour"), 0) << *other;
    EXPECT_EQ(value_of(wrong, "adherence_motion"), 1) << *other;
  }
}

// Words that the default world lacks count where the prompt has them, and only there.
TEST(PromptAdherence, KnowsEveryWordThatThePromptNames) {
  shape_world world;
  world.colours = {"pink"};
  world.shapes = {"star", "ring"};
  world.motions = {"left"};
  world.sizes = {"large"};
  world.two_objects = 0;
  for (uint64_t index = 0; index < 4; ++index) {
    const scene drawn = draw_scene(world, 5, index);
    const float_clip clip = render(drawn, 64, 64, 8);
    const auto scores = [&](const std::string& prompt) {
      return measured("prompt_adherence", {.clip = clip, .prompt = prompt});
    };
    EXPECT_EQ(value_of(scores(caption(drawn)), "adherence_all"), 1) << caption(drawn);
    const std::string shape = drawn.objects[0].shape;
    const auto other = scores(concat("a red ", shape == "star" ? "ring" : "star", " moving left"));
    EXPECT_EQ(value_of(other, "adherence_shape"), 0) << caption(drawn);
    EXPECT_EQ(value_of(other, "adherence_colour"), 0) << caption(drawn);
  }
}

TEST(TrajectoryError, IsSmallOnALineAndGrowsWithJumps) {
  const scene drawn = drawn_scene(1);
  const std::string prompt = caption(drawn);
  const float_clip straight = render(drawn, 64, 64, 8);
  float_clip jumping = straight;  // every other frame 3 rows down: 1.5 about the middle, 6 at a side of 256
  for (int f = 1; f < 8; f += 2)
    for (int y = 63; y >= 0; --y)
      std::copy_n(frame_of(straight, f) + 3 * 64 * std::max(y - 3, 0), 3 * 64,
                  jumping.pixels.begin() + f * frame_size(straight) + 3 * 64 * y);
  const double clean = measured("trajectory_error", {.clip = straight, .prompt = prompt}).front().per_video;
  const double jumps = measured("trajectory_error", {.clip = jumping, .prompt = prompt}).front().per_video;
  EXPECT_LT(clean, 1) << prompt;
  EXPECT_NEAR(jumps, 6, 1.5) << prompt;
}

TEST(TrajectoryError, OfAnEmptyClipIsNoNumber) {
  const float_clip empty = made_clip(4, 32, 32, [](int, int, int, int) { return 0.0; });
  EXPECT_TRUE(std::isnan(
      measured("trajectory_error", {.clip = empty, .prompt = "a red circle moving left"}).front().per_video));
}

TEST(ShapesMetrics, RefuseOtherPrompts) {
  const float_clip clip = moving_texture(4, 32, 32, 1, 0);
  const named_metric adherence = make_metric(config(json{{"type", "prompt_adherence"}}));
  EXPECT_EQ(why_unavailable(adherence, {.clip = clip}), "needs a prompt");
  EXPECT_EQ(why_unavailable(adherence, {.clip = clip, .prompt = "a red circle moving left"}), "");
  EXPECT_TRUE(
      why_unavailable(adherence, {.clip = clip, .prompt = "snow"}).starts_with("needs a prompt about"));
  const std::string reason =
      why_unavailable(adherence, {.clip = clip, .prompt = "a bulldog and a red circle"});
  EXPECT_NE(reason.find("bulldog"), std::string::npos) << reason;
}

}  // namespace
}  // namespace zoetrope
