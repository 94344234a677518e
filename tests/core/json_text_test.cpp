#include "core/json_text.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(JsonText, IsCompactOrPretty) {
  const json tree = {{"b", {1, 2.5}}, {"a", "x"}};
  EXPECT_EQ(compact(tree), R"({"a":"x","b":[1,2.5]})");
  EXPECT_EQ(pretty(tree), "{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    2.5\n  ]\n}");
}

TEST(JsonText, BytesThatAreNotUtf8AreReplaced) {
  const json tree = {{"folder", "r\xff"}};
  EXPECT_EQ(compact(tree), "{\"folder\":\"r\xef\xbf\xbd\"}");
  EXPECT_EQ(pretty(tree), "{\n  \"folder\": \"r\xef\xbf\xbd\"\n}");
}

}  // namespace
}  // namespace zoetrope
