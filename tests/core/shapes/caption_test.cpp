#include "core/shapes/caption.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "core/shapes/expectation.hpp"
#include "tests/core/shapes/scenes.hpp"

namespace zoetrope {
namespace {

scene sample() {
  scene told = plain_scene("red", "circle", "left");
  told.objects[0].size = "small";
  told.background.colour = "white";
  told.names_background = true;
  return told;
}

TEST(Caption, TellsWhatIsThere) {
  scene told = sample();
  EXPECT_EQ(caption(told), "a small red circle moving left on a white background");
  told.objects[0].phrase = 1;
  told.phrase = 1;
  EXPECT_EQ(caption(told), "a little red disc moving to the left against a white background");
  told.objects[0].tells_place = true;
  told.names_background = false;
  EXPECT_EQ(caption(told), "a little red disc moving to the left from the right");
  EXPECT_EQ(caption(plain_scene("orange", "star", "still")), "an orange star standing still");
}

TEST(Caption, TellsTwoObjectsWithoutTheirSizes) {
  scene told = sample();
  scene_object second = plain_scene("orange", "square", "bounce").objects[0];
  second.phrase = 1;
  second.look.texture = "stripes";
  told.objects.push_back(second);
  told.background.colour = "orange";
  EXPECT_EQ(caption(told),
            "a red circle moving left and a striped orange box bouncing up and down on an orange background");
}

TEST(Caption, SwapsOneWord) {
  const scene told = sample();
  const shape_world world;
  EXPECT_EQ(swapped_caption(told, world, attribute::motion, 1),
            "a small red circle moving right on a white background");
  EXPECT_EQ(swapped_caption(told, world, attribute::size, 1),
            "a large red circle moving left on a white background");
  std::set<std::string> colours, shapes, backgrounds;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    colours.insert(read_caption(*swapped_caption(told, world, attribute::colour, seed)).objects[0].colour);
    shapes.insert(read_caption(*swapped_caption(told, world, attribute::shape, seed)).objects[0].shape);
    backgrounds.insert(read_caption(*swapped_caption(told, world, attribute::background, seed)).background);
  }
  EXPECT_EQ(colours, (std::set<std::string>{"green", "blue", "yellow", "purple", "orange", "cyan"}));
  EXPECT_EQ(shapes, (std::set<std::string>{"square", "triangle", "cross"}));
  EXPECT_EQ(backgrounds, (std::set<std::string>{"black", "gray", "blue", "green", "purple"}));
}

TEST(Caption, SwapsNothingWhereThereIsNoWordOrNoOther) {
  scene told = sample();
  shape_world world;
  told.objects[0].size = "medium";
  told.names_background = false;
  EXPECT_FALSE(swapped_caption(told, world, attribute::size, 1));
  EXPECT_FALSE(swapped_caption(told, world, attribute::background, 1));
  world.shapes = {"circle"};
  EXPECT_FALSE(swapped_caption(told, world, attribute::shape, 1));
  world.motions = {"left", "rotate"};  // which a circle does not show
  EXPECT_FALSE(swapped_caption(told, world, attribute::motion, 1));
  world.motions = {"left", "up"};  // not the opposite
  EXPECT_EQ(swapped_caption(told, world, attribute::motion, 1), "a red circle moving up");
}

std::size_t words_in(const std::string& text) {
  std::istringstream stream(text);
  return std::distance(std::istream_iterator<std::string>(stream), {});
}

TEST(Caption, ASwapChangesWhatIsReadInThatAttributeOnly) {
  shape_world world;
  world.two_objects = 0.3;
  world.place_words = 0.3;
  int swaps = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const scene told = draw_scene(world, 3, i);
    const expectation right = read_caption(caption(told));
    for (const attribute which : all_attributes) {
      const auto text = swapped_caption(told, world, which, i);
      if (!text) continue;
      ++swaps;
      const expectation wrong = read_caption(*text);
      ASSERT_EQ(wrong.objects.size(), right.objects.size()) << *text;
      EXPECT_TRUE(wrong.unknown.empty()) << *text;
      const expected_object &a = right.objects[0], &b = wrong.objects[0];
      EXPECT_EQ(a.colour != b.colour, which == attribute::colour) << *text;
      EXPECT_EQ(a.shape != b.shape, which == attribute::shape) << *text;
      EXPECT_EQ(a.motion != b.motion, which == attribute::motion) << *text;
      EXPECT_EQ(a.size != b.size, which == attribute::size) << *text;
      EXPECT_EQ(right.background != wrong.background, which == attribute::background) << *text;
      EXPECT_GT(words_in(*text), 3u);
    }
  }
  EXPECT_GT(swaps, 3500);
  EXPECT_EQ(name_of(attribute::background), "background");
}

}  // namespace
}  // namespace zoetrope
