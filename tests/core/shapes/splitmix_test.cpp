// Reference values: a Python version of the paper's algorithm, run once; those of seed 1234567 also stand on
// rosettacode.org ("Pseudo-random numbers/Splitmix64").
#include "core/shapes/splitmix.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(Splitmix, GivesTheKnownNumbers) {
  splitmix random(1234567);
  for (const uint64_t wanted : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                4593380528125082431u, 16408922859458223821u})
    EXPECT_EQ(random.next(), wanted);
  EXPECT_EQ(splitmix(1234567).uniform(), 0.3500795420214081);
}

TEST(Splitmix, EachIndexOfASeedHasItsOwnNumbers) {
  EXPECT_EQ(splitmix(7, 0).next(), 13572837776801163602u);
  EXPECT_EQ(splitmix(7, 1).next(), 14341046468285645386u);
  EXPECT_EQ(splitmix(8, 0).next(), 4828475270585531332u);
}

TEST(Splitmix, PicksEachItemAboutEquallyOften) {
  splitmix random(5);
  int counts[3] = {};
  for (int i = 0; i < 30000; ++i) ++counts[random.pick(std::vector<int>{0, 1, 2})];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * 82);  // five standard deviations
  int hits = 0;
  for (int i = 0; i < 10000; ++i) hits += random.chance(0.25);
  EXPECT_NEAR(hits, 2500, 5 * 44);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.uniform(-2, 3);
    EXPECT_TRUE(value >= -2 && value < 3);
  }
}

}  // namespace
}  // namespace zoetrope
