#include "core/name_messages.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(NameMessages, AnUnknownNameIsToldWithTheNearestAndAll) {
  EXPECT_EQ(unknown_name("scheduler", "eular", {"euler", "heun"}),
            "unknown scheduler 'eular'; did you mean 'euler'? (known: euler, heun)");
  EXPECT_EQ(unknown_name("scheduler", "zebra\n", {"euler", "heun"}),
            "unknown scheduler 'zebra\\x0a' (known: euler, heun)");
}

TEST(NameMessages, ALongListIsToldInPart) {
  EXPECT_EQ(first_names({"a", "b", "c"}, 3), "a, b, c");
  EXPECT_EQ(first_names({"a", "b", "c", "d", "e"}, 3), "a, b, c, and 2 more");
}

}  // namespace
}  // namespace zoetrope
