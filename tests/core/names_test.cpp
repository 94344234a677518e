#include "core/names.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(Names, TheNearestIsFoundByEditDistance) {
  const std::vector<std::string> known = {"euler", "euler_ancestral", "heun", "ddim"};
  EXPECT_EQ(nearest_name("eular", known), "euler");
  EXPECT_EQ(nearest_name("hevn", known), "heun");
  EXPECT_EQ(nearest_name("ddmi", known), "ddim");
  EXPECT_EQ(nearest_name("stpes", {"stages", "steps"}), "steps");  // two changed places
}

TEST(Names, NothingIsSuggestedWhereNothingIsNear) {
  EXPECT_EQ(nearest_name("zebra", {"euler", "heun"}), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(nearest_name(std::string(100'000, 'a'), {std::string(100'000, 'a')}), "")
      << "distance is quadratic";
}

TEST(Names, JoinedPutsTheSeparatorBetween) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"a"}), "a");
  EXPECT_EQ(joined({"a", "b", "c"}, "; "), "a; b; c");
  EXPECT_EQ(joined({"", "b", ""}), ", b, ");
}

}  // namespace
}  // namespace zoetrope
