#include "core/shapes/scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/shapes/caption.hpp"
#include "core/shapes/outline.hpp"

namespace zoetrope {
namespace {

shape_world everything() {
  shape_world world;
  world.shapes = names_of(shape_words());
  world.two_objects = 0.3;
  world.textures = names_of(texture_words());
  return world;
}

// All that is drawn, as numbers.
std::vector<double> content(const scene& drawn) {
  std::vector<double> all;
  const auto add = [&](const surface& look) {
    all.insert(all.end(), look.value.begin(), look.value.end());
    all.insert(all.end(), look.second.begin(), look.second.end());
    all.push_back(look.period);
  };
  add(drawn.background);
  for (const scene_object& object : drawn.objects) {
    add(object.look);
    const trajectory& path = object.path;
    for (const double value : {object.radius, path.x, path.y, path.dx, path.dy, path.phase})
      all.push_back(value);
  }
  return all;
}

TEST(Scene, IsAFunctionOfWorldSeedAndIndex) {
  const shape_world world = everything();
  std::set<std::vector<double>> different;
  for (uint64_t i = 0; i < 200; ++i) {
    const scene first = draw_scene(world, 5, i);
    draw_scene(world, 9, i + 1);
    EXPECT_EQ(content(first), content(draw_scene(world, 5, i)));
    EXPECT_EQ(caption(first), caption(draw_scene(world, 5, i)));
    different.insert(content(first));
  }
  EXPECT_EQ(different.size(), 200u);
  EXPECT_NE(content(draw_scene(world, 5, 0)), content(draw_scene(world, 6, 0)));
}

TEST(Scene, ObjectsStayInsideOfTheFrameAndApart) {
  for (const int height : {64, 40}) {
    shape_world world = everything();
    world.height = height;
    const double side = std::min(world.width, world.height);
    for (uint64_t i = 0; i < 3000; ++i) {
      const scene drawn = draw_scene(world, 1, i);
      for (int f = 0; f <= 32; ++f) {
        for (const scene_object& object : drawn.objects) {
          const pose at = pose_at(object.path, f / 32.);
          const double reach = object.radius * at.scale * outline_named(object.shape).reach * side;
          const double x = at.x * world.width, y = at.y * world.height;
          ASSERT_TRUE(x - reach > -1e-3 && x + reach < world.width + 1e-3 && y - reach > -1e-3 &&
                      y + reach < world.height + 1e-3)
              << caption(drawn) << ' ' << x << ' ' << y << ' ' << reach;
        }
        if (drawn.objects.size() < 2) continue;
        const pose a = pose_at(drawn.objects[0].path, f / 32.), b = pose_at(drawn.objects[1].path, f / 32.);
        const double distance = std::hypot((a.x - b.x) * world.width, (a.y - b.y) * world.height) / side;
        const auto reach = [](const scene_object& o) { return o.radius * outline_named(o.shape).reach; };
        ASSERT_GT(distance, reach(drawn.objects[0]) + reach(drawn.objects[1]) + 0.05) << caption(drawn);
      }
    }
  }
}

TEST(Scene, ShowsAllThatIsPermittedAndNothingElse) {
  shape_world world;
  world.shapes = {"circle", "star"};
  world.motions = {"left", "rotate", "still"};
  world.colours = {"red", "white", "blue"};
  world.backgrounds = {"white", "blue"};
  world.sizes = {"small", "large"};
  world.named_background = 0.5;
  world.two_objects = 0.25;
  std::map<std::string, int> seen;
  int named = 0, pairs = 0;
  constexpr int count = 4000;
  for (uint64_t i = 0; i < count; ++i) {
    const scene drawn = draw_scene(world, 2, i);
    named += drawn.names_background;
    pairs += drawn.objects.size() == 2;
    if (!drawn.names_background) {
      EXPECT_EQ(drawn.background.colour, "black");
    }
    ++seen["on " + drawn.background.colour];
    std::set<std::string> colours{drawn.background.colour};
    for (const scene_object& object : drawn.objects) {
      EXPECT_TRUE(colours.insert(object.look.colour).second) << caption(drawn);
      EXPECT_TRUE(shows(object.shape, object.path.motion)) << caption(drawn);
      for (const std::string& name : {object.look.colour, object.shape, object.size, object.path.motion})
        ++seen[name];
    }
  }
  std::set<std::string> names;
  for (const auto& [name, times] : seen) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"on black", "on white", "on blue", "red", "white", "blue", "circle",
                                          "star", "small", "large", "left", "rotate", "still"}));
  EXPECT_NEAR(named, count / 2, 5 * std::sqrt(count / 4.));
  EXPECT_NEAR(pairs, count / 4, 5 * std::sqrt(count * 3 / 16.));
}

TEST(Scene, MovesAsItsMotionSays) {
  const shape_world world = everything();
  std::set<std::string> seen;
  for (uint64_t i = 0; i < 2000; ++i)
    for (const scene_object& object : draw_scene(world, 4, i).objects) {
      const std::string& motion = object.path.motion;
      seen.insert(motion);
      const pose first = pose_at(object.path, 0), quarter = pose_at(object.path, 0.25),
                 last = pose_at(object.path, 1);
      const double dx = last.x - first.x, dy = last.y - first.y;
      if (motion == "left") {
        EXPECT_TRUE(dx < -0.2 && dy == 0) << dx;
      }
      if (motion == "right") {
        EXPECT_TRUE(dx > 0.2 && dy == 0) << dx;
      }
      if (motion == "up") {
        EXPECT_TRUE(dy < -0.2 && dx == 0) << dy;
      }
      if (motion == "down") {
        EXPECT_TRUE(dy > 0.2 && dx == 0) << dy;
      }
      if (motion == "bounce") {
        EXPECT_LT(quarter.y - first.y, -0.2);
      }
      if (motion == "orbit") {
        EXPECT_NEAR(std::hypot(dx, dy), 0, 1e-9);
      }
      if (motion == "orbit") {
        EXPECT_GT(std::hypot(quarter.x - first.x, quarter.y - first.y), 0.1);
      }
      EXPECT_EQ(last.scale > first.scale, motion == "grow");
      EXPECT_EQ(last.scale < first.scale, motion == "shrink");
      EXPECT_EQ(last.angle > 2, motion == "rotate");
    }
  EXPECT_EQ(seen.size(), motion_words().size());
}

TEST(Scene, RandomColoursCanBeTold) {
  shape_world world;
  world.random_colours = 1;
  world.two_objects = 0.5;
  std::set<std::string> names;
  for (uint64_t i = 0; i < 1000; ++i) {
    const scene drawn = draw_scene(world, 6, i);
    std::vector<rgb> values{drawn.background.value};
    for (const scene_object& object : drawn.objects) {
      for (const rgb& other : values) EXPECT_GE(colour_distance(object.look.value, other), 0.35f);
      values.push_back(object.look.value);
      names.insert(object.look.colour);
    }
  }
  EXPECT_EQ(names.size(), palette().size());
}

TEST(Scene, WithoutSynonymsEachThingHasOnePhrase) {
  shape_world world;
  world.synonyms = false;
  for (uint64_t i = 0; i < 500; ++i) {
    const std::string text = caption(draw_scene(world, 8, i));
    for (const char* other : {"disc", "ball", "box", "little", "big ", "rising", "sliding", "against"})
      EXPECT_EQ(text.find(other), std::string::npos) << text;
  }
}

TEST(Scene, HeldOutCombinationsAreOneInEightAndNeverCommon) {
  shape_world world;
  int held_out = 0, all = 0;
  for (const std::string& colour : world.colours)
    for (const std::string& shape : world.shapes)
      for (const std::string& motion : world.motions) held_out += is_held_out(colour, shape, motion), ++all;
  EXPECT_NEAR(held_out, all / 8.0, all / 32.0);
  for (const combinations wanted : {combinations::common, combinations::held_out}) {
    world.combined = wanted;
    for (uint64_t i = 0; i < 300; ++i)
      for (const scene_object& object : draw_scene(world, 5, i).objects)
        EXPECT_EQ(is_held_out(object.look.colour, object.shape, object.path.motion),
                  wanted == combinations::held_out);
  }
}

}  // namespace
}  // namespace zoetrope
