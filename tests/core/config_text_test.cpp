#include "core/config.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

std::string json_failure(const std::string& text) {
  return failure_of([&] { parse_json(text, "x.json"); });
}
std::string yaml_failure(const std::string& text) {
  return failure_of([&] { parse_yaml(text, "x.yaml"); });
}
std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ConfigText, JsonKeepsKindsAndBigIntegersExactly) {
  const json tree = parse_json(
      R"({"a": 18446744073709551615, "b": -9223372036854775808, "c": 1.0, "d": [true, null]})", "x");
  EXPECT_EQ(tree["a"].get<uint64_t>(), 18446744073709551615u);
  EXPECT_EQ(tree["b"].get<int64_t>(), std::numeric_limits<int64_t>::min());
  EXPECT_TRUE(tree["c"].is_number_float());
  EXPECT_EQ(tree["d"].dump(), "[true,null]");
}

TEST(ConfigText, JsonRefusesADuplicateKeyAtAnyDepth) {
  EXPECT_TRUE(mentions(json_failure(R"({"a": 1, "a": 2})"), "bad_input: x.json: JSON key 'a' appears twice"));
  EXPECT_TRUE(mentions(json_failure(R"([{"b": {"c": 1, "d": 2, "c": 1}}])"), "'c' appears twice"));
  EXPECT_TRUE(mentions(json_failure(R"({"a": 1, "\u0061": 2})"), "'a' appears twice"));
}

TEST(ConfigText, JsonRefusesWhatIsNotJson) {
  for (const char* text :
       {"", " ", "{", "{\"a\":1} x", "{'a': 1}", "{\"a\": 01}", "{\"a\": +1}", "{\"a\": NaN}", "{a: 1}",
        "[1,]", "// note\n{}", "{\"a\": 1e999}", "{\"a\": \"\n\"}", "{\"a\": \"\\ud800\"}"})
    EXPECT_TRUE(mentions(json_failure(text), "bad_input: x.json: not valid JSON at byte")) << text;
}

TEST(ConfigText, JsonRefusesWhatFollowsANul) {
  EXPECT_TRUE(mentions(json_failure(std::string("{\"a\": 1}\0{\"b\": 2}", 17)), "a NUL at byte 8"));
}

TEST(ConfigText, JsonRefusesInvalidUtf8AndSaysWhere) {
  EXPECT_TRUE(mentions(json_failure("{\"a\": \"\xff\"}"), "not valid UTF-8 at byte 7"));
}

TEST(ConfigText, JsonNestingIsBounded) {
  EXPECT_EQ(json_failure(repeated("[", 64) + repeated("]", 64)), "no error");
  EXPECT_TRUE(mentions(json_failure(repeated("[", 65) + repeated("]", 65)), "nested deeper than 64"));
  EXPECT_TRUE(mentions(json_failure(repeated("{\"a\":", 1'000'000)), "nested deeper than 64"));
}

TEST(ConfigText, YamlReadsNumbersAndBooleansAsJsonDoes) {
  const json tree = parse_yaml("{a: 1, b: -2.5e-1, c: true, d: null, e: , f: ~, g: text, h: [1, x]}", "x");
  EXPECT_EQ(tree.dump(), R"({"a":1,"b":-0.25,"c":true,"d":null,"e":null,"f":null,"g":"text","h":[1,"x"]})");
}

TEST(ConfigText, YamlDoesNotGuessAtOtherSpellings) {
  const json tree =
      parse_yaml("{a: yes, b: 012, c: 1_000, d: 0x1F, e: 12:30:45, f: True, g: .5, h: 1e999, i: NaN}", "x");
  for (const auto& item : tree.items()) EXPECT_TRUE(item.value().is_string()) << item.key();
}

TEST(ConfigText, YamlTakesQuotedTextAsText) {
  EXPECT_EQ(parse_yaml("{a: '1', b: \"true\", c: !!str 5, d: 'null', e: ''}", "x").dump(),
            R"({"a":"1","b":"true","c":"5","d":"null","e":""})");
  EXPECT_EQ(parse_yaml("a: |\n  two\n  lines\n", "x")["a"], "two\nlines\n");
}

TEST(ConfigText, YamlRefusesTagsThatItDoesNotKnow) {
  EXPECT_TRUE(mentions(yaml_failure("a: 1\nb: !!python/name:os.system x"), "line 2: YAML tag"));
}

TEST(ConfigText, YamlRefusesADuplicateKey) {
  EXPECT_TRUE(mentions(yaml_failure("a: 1\nb: 2\na: 3\n"), "bad_input: x.yaml: YAML key 'a' appears twice"));
}

TEST(ConfigText, YamlRefusesBrokenTextAndASecondDocument) {
  EXPECT_TRUE(mentions(yaml_failure("a: [1, 2"), "bad_input: x.yaml: "));
  EXPECT_TRUE(mentions(yaml_failure("a: 1\n---\nb: 2\n"), "2 YAML documents, wanted one"));
  EXPECT_TRUE(mentions(yaml_failure("a: \xff"), "not valid UTF-8 at byte 3"));
  EXPECT_TRUE(mentions(yaml_failure("[x]: 1"), "bad_input: x.yaml: "));
  EXPECT_TRUE(mentions(yaml_failure("a: *nowhere"), "bad_input: x.yaml: "));
}

TEST(ConfigText, YamlAliasesAreExpandedWithinABudget) {
  EXPECT_EQ(parse_yaml("a: &x [1, 2]\nb: *x\n", "x").dump(), R"({"a":[1,2],"b":[1,2]})");
  std::string laughs = "l0: &l0 [ha, ha]\n";
  for (int i = 1; i < 40; ++i) laughs += concat("l", i, ": &l", i, " [*l", i - 1, ", *l", i - 1, "]\n");
  EXPECT_TRUE(mentions(yaml_failure(laughs), "YAML expands to more than 4 MB"));
  const std::string long_text =
      "a: &x " + std::string(500'000, 'h') + "\nb: [" + repeated("*x, ", 1000) + "]\n";
  EXPECT_TRUE(mentions(yaml_failure(long_text), "YAML expands to more than 4 MB"));
}

TEST(ConfigText, YamlMergesMappings) {
  const json tree = parse_yaml(
      "a: &a {x: 1, y: {z: 1}}\nb: &b {x: 2, w: 2}\nc: {x: 3, <<: *a}\nd: {<<: [*b, *a], v: 4}\ne: {'<<': "
      "5}\n",
      "x");
  EXPECT_EQ(tree["c"], json::parse(R"({"x": 3, "y": {"z": 1}})"));
  EXPECT_EQ(tree["d"], json::parse(R"({"x": 2, "w": 2, "y": {"z": 1}, "v": 4})"));
  EXPECT_EQ(tree["e"], json::parse(R"({"<<": 5})"));
  EXPECT_TRUE(mentions(yaml_failure("a: 1\nb: {<<: 5}"), "line 2: '<<' wants a mapping or a list of them"));
  EXPECT_TRUE(mentions(yaml_failure("a: &a {x: 1}\nb: {<<: *a, <<: *a}"), "'<<' appears twice"));
}

TEST(ConfigText, YamlNestingIsBounded) {
  EXPECT_TRUE(mentions(yaml_failure(repeated("[", 70) + repeated("]", 70)), "nested deeper than 64"));
  EXPECT_TRUE(mentions(yaml_failure(repeated("[", 100'000)), "bad_input: x.yaml: "));
  EXPECT_TRUE(mentions(yaml_failure(repeated("- ", 100'000)), "bad_input: x.yaml: "));
  EXPECT_TRUE(mentions(yaml_failure("&a [*a]"), "nested deeper than 64")) << "an alias of itself";
}

TEST(ConfigText, ATextFileIsReadWholeOrNotAtAll) {
  const temporary_folder folder;
  EXPECT_EQ(read_text_file(folder.put("a.txt", "text\n")), "text\n");
  EXPECT_EQ(read_text_file(folder.put("empty.txt", "")), "");
  EXPECT_TRUE(
      mentions(failure_of([&] { read_text_file(folder / "b.txt"); }), "b.txt: cannot be read: No such file"));
  EXPECT_TRUE(mentions(failure_of([&] { read_text_file(folder.path()); }), "not a regular file"));
  EXPECT_TRUE(
      mentions(failure_of([&] { read_text_file(folder / "a.txt", 4); }), "5 bytes, at most 4 are read"));
}

}  // namespace
}  // namespace zoetrope
