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

TEST(JsonText, TheHashDoesNotDependOnTheOrderOfKeys) {
  const json one = parse_json(R"({"b": [1, 2.5], "a": {"d": "x", "c": null}})", "one");
  const json other = parse_json(R"({"a": {"c": null, "d": "x"}, "b": [1, 2.5]})", "other");
  EXPECT_EQ(config_hash(one), config_hash(other));
  // python3: hashlib.sha256(b'{"a":{"c":null,"d":"x"},"b":[1,2.5]}').hexdigest()
  EXPECT_EQ(config_hash(one), "1f91fa75e31a02dc9e62d3b1480ee423371f42edce29f0fdc0de82e93551bd71");
}

}  // namespace
}  // namespace zoetrope
