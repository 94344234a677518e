#include "core/shapes/obedience.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

judged_object seen(const char* colour, const char* shape, const char* motion) {
  judged_object object;
  object.colour = colour, object.shape = shape, object.motion = motion, object.size = "small";
  return object;
}

verdict shown(std::vector<judged_object> objects, const char* background = "black") {
  verdict got;
  got.background = background;
  got.objects = std::move(objects);
  return got;
}

TEST(Obedience, ComparesEachAttribute) {
  const expectation wanted = read_caption("a small red circle moving left on a white background");
  const obedience right = obeys(wanted, shown({seen("red", "circle", "left")}, "white"));
  EXPECT_TRUE(right.all());
  EXPECT_TRUE(right.size.value());
  const obedience wrong = obeys(wanted, shown({seen("red", "square", "right")}));
  EXPECT_TRUE(wrong.colour.value());
  EXPECT_FALSE(wrong.shape.value());
  EXPECT_FALSE(wrong.motion.value());
  EXPECT_FALSE(wrong.background);
  EXPECT_TRUE(wrong.count);
  EXPECT_FALSE(wrong.all());
}

TEST(Obedience, SaysNothingOfWhatWasNotAskedFor) {
  const obedience got = obeys(read_caption("a circle"), shown({seen("red", "circle", "left")}));
  EXPECT_FALSE(got.colour.has_value());
  EXPECT_FALSE(got.motion.has_value());
  EXPECT_FALSE(got.size.has_value());
  EXPECT_TRUE(got.all());
}

TEST(Obedience, PairsTwoObjectsByColour) {
  const expectation wanted = read_caption("a red circle moving left and a blue square moving right");
  EXPECT_TRUE(obeys(wanted, shown({seen("blue", "square", "right"), seen("red", "circle", "left")})).all());
  const obedience crossed =
      obeys(wanted, shown({seen("blue", "circle", "left"), seen("red", "square", "right")}));
  EXPECT_TRUE(crossed.colour.value());
  EXPECT_FALSE(crossed.shape.value());
  EXPECT_FALSE(crossed.motion.value());
  const obedience half = obeys(wanted, shown({seen("red", "circle", "left")}));
  EXPECT_FALSE(half.count);
  EXPECT_FALSE(half.colour.value());
}

TEST(Obedience, NothingSeenObeysNothing) {
  const obedience got = obeys(read_caption("a red circle moving left"), shown({}));
  EXPECT_FALSE(got.colour.value() || got.shape.value() || got.motion.value() || got.count);
  EXPECT_TRUE(obeys(read_caption(""), shown({})).all());
}

TEST(Obedience, ManyObjectsInAPromptAreNoTrouble) {
  std::string prompt = "a red circle";
  for (int i = 0; i < 200; ++i) prompt += " and a blue square";
  const obedience got = obeys(read_caption(prompt), shown({seen("red", "circle", "left")}));
  EXPECT_FALSE(got.count);
  EXPECT_FALSE(got.colour.value());
}

}  // namespace
}  // namespace zoetrope
