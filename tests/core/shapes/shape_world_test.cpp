#include "core/shapes/shape_world.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

std::string failure_of(const char* yaml) {
  try {
    read_shape_world(config::from_yaml(yaml, "world.yaml"));
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    return failure.what();
  }
  return "";
}

TEST(ShapeWorld, ReadsItsOptionsAndLeavesNone) {
  const config options = config::from_yaml(
      "{width: 32, height: 48, frames: 16, colours: [red], shapes: [star, ring], motions: [left, up], "
      "backgrounds: [white], sizes: [large], textures: [plain, checks], two_objects: 0.25, named_background: "
      "1, "
      "place_words: 0.5, begins: 0.5, random_colours: 0.25, synonyms: false}",
      "world.yaml");
  const shape_world world = read_shape_world(options);
  options.expect_all_read();
  EXPECT_EQ(world.width, 32);
  EXPECT_EQ(world.height, 48);
  EXPECT_EQ(world.frames, 16);
  EXPECT_EQ(world.colours, std::vector<std::string>{"red"});
  EXPECT_EQ(world.shapes, (std::vector<std::string>{"star", "ring"}));
  EXPECT_EQ(world.motions, (std::vector<std::string>{"left", "up"}));
  EXPECT_EQ(world.backgrounds, std::vector<std::string>{"white"});
  EXPECT_EQ(world.sizes, std::vector<std::string>{"large"});
  EXPECT_EQ(world.textures, (std::vector<std::string>{"plain", "checks"}));
  EXPECT_EQ(world.two_objects, 0.25);
  EXPECT_EQ(world.named_background, 1);
  EXPECT_EQ(world.place_words, 0.5);
  EXPECT_EQ(world.begins, 0.5);
  EXPECT_EQ(world.random_colours, 0.25);
  EXPECT_FALSE(world.synonyms);
}

TEST(ShapeWorld, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(failure_of("{}"), "");
  EXPECT_NE(failure_of("{shapes: [cirle]}").find("$.shapes: unknown shape 'cirle'; did you mean 'circle'?"),
            std::string::npos);
  EXPECT_NE(failure_of("{colours: [mauve]}").find("unknown colour 'mauve'"), std::string::npos);
  EXPECT_NE(failure_of("{motions: []}").find("motions: wanted at least one"), std::string::npos);
  EXPECT_NE(failure_of("{two_objects: 1.5}").find("two_objects: wanted 0 ... 1, got 1.5"), std::string::npos);
  EXPECT_NE(failure_of("{width: 8}").find("$.width"), std::string::npos);
  EXPECT_NE(failure_of("{colours: [white], backgrounds: [white]}").find("none can be seen on white"),
            std::string::npos);
  EXPECT_NE(failure_of("{shapes: [circle, ring], motions: [rotate]}").find("none of the shapes shows"),
            std::string::npos);
  EXPECT_NE(failure_of("{combinations: rare}").find("unknown choice of combinations 'rare'"),
            std::string::npos);
  EXPECT_NE(failure_of("{combinations: held_out, colours: [red], shapes: [triangle], motions: [still]}")
                .find("none of these words"),
            std::string::npos);
  EXPECT_NE(failure_of("{combinations: common, random_colours: 0.1}").find("random colours"),
            std::string::npos);
}

TEST(ShapeWorld, CirclesDoNotShowThatTheyRotate) {
  EXPECT_FALSE(shows("circle", "rotate"));
  EXPECT_FALSE(shows("ring", "rotate"));
  EXPECT_TRUE(shows("square", "rotate"));
  EXPECT_TRUE(shows("circle", "left"));
}

}  // namespace
}  // namespace zoetrope
