#include "core/shapes/expectation.hpp"

#include <gtest/gtest.h>

#include "core/shapes/caption.hpp"

namespace zoetrope {
namespace {

TEST(Expectation, ReadsWhatCaptionsTell) {
  shape_world world;
  world.shapes = names_of(shape_words());
  world.colours = names_of(palette());
  world.textures = names_of(texture_words());
  world.two_objects = 0.4;
  world.place_words = 0.5;
  for (uint64_t i = 0; i < 5000; ++i) {
    const scene told = draw_scene(world, 11, i);
    const std::string text = caption(told);
    const expectation got = read_caption(text);
    ASSERT_EQ(got.objects.size(), told.objects.size()) << text;
    EXPECT_TRUE(got.unknown.empty()) << text;
    EXPECT_EQ(got.names_background, told.names_background) << text;
    EXPECT_EQ(got.background, told.background.colour) << text;
    for (std::size_t k = 0; k < got.objects.size(); ++k) {
      const scene_object& object = told.objects[k];
      const bool tells_size = told.objects.size() == 1 && object.size != "medium";
      const bool tells_texture = object.look.texture != "plain";
      const expected_object wanted{object.shape, object.look.colour, tells_size ? object.size : "",
                                   tells_texture ? object.look.texture : "", object.path.motion};
      EXPECT_EQ(got.objects[k], wanted) << text;
    }
  }
}

TEST(Expectation, ReadsPromptsThatPeopleWrite) {
  const expectation one = read_caption("The BIG circle is red, falling; on a grey background!");
  ASSERT_EQ(one.objects.size(), 1u);
  EXPECT_EQ(one.objects[0], (expected_object{"circle", "red", "large", "", "down"}));
  EXPECT_EQ(one.background, "gray");
  EXPECT_TRUE(one.unknown.empty());

  const expectation two = read_caption("a blue ball bouncing up and down and a green box");
  ASSERT_EQ(two.objects.size(), 2u);
  EXPECT_EQ(two.objects[0], (expected_object{"circle", "blue", "", "", "bounce"}));
  EXPECT_EQ(two.objects[1], (expected_object{"square", "green", "", "", ""}));
  EXPECT_EQ(two.background, "black");
  EXPECT_FALSE(two.names_background);

  EXPECT_EQ(read_caption("a star from the left").objects[0].motion, "right");
  EXPECT_EQ(read_caption("a star from the left moving up").objects[0].motion, "up");
  EXPECT_EQ(read_caption("something spinning").objects[0].motion, "rotate");
}

TEST(Expectation, KeepsWhatItDoesNotKnowApart) {
  const expectation got = read_caption("a red circle and a dog juggling on a white wall");
  ASSERT_EQ(got.objects.size(), 1u);
  EXPECT_EQ(got.unknown, (std::vector<std::string>{"dog", "juggling", "wall"}));
  EXPECT_TRUE(read_caption("").objects.empty());
  EXPECT_TRUE(read_caption("two astronauts").objects.empty());
}

}  // namespace
}  // namespace zoetrope
