#include "core/config.hpp"

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

config tree_of(const std::string& text) { return config(parse_json(text, "x.json"), "x.json"); }
template <class T>
std::string get_failure(const std::string& text, const std::string& key = "a") {
  return failure_of([&] { tree_of(text).get<T>(key); });
}

TEST(Config, ValuesAreReadAsTheirKinds) {
  const config c =
      tree_of(R"({"flag": true, "n": -3, "x": 2.5, "s": "text", "list": [1, 2], "words": ["a", "b"]})");
  EXPECT_TRUE(c.get<bool>("flag"));
  EXPECT_EQ(c.get<int>("n"), -3);
  EXPECT_EQ(c.get<double>("n"), -3.0) << "a whole number is a number";
  EXPECT_EQ(c.get<double>("x"), 2.5);
  EXPECT_EQ(c.get("s", "other"), "text");
  EXPECT_EQ(c.get<std::vector<int64_t>>("list"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(c.get<std::vector<std::string>>("words"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(c.at("list").at(1).as<int>(), 2);
}

TEST(Config, AWrongKindNamesSourcePathGotAndWanted) {
  EXPECT_EQ(get_failure<int>(R"({"a": "x"})"),
            "bad_input: x.json: $.a: wanted a whole number of at most 32 bits, got \"x\"");
  EXPECT_TRUE(mentions(get_failure<int>(R"({"a": 1.0})"), "got 1.0"));
  EXPECT_TRUE(mentions(get_failure<bool>(R"({"a": 1})"), "wanted true or false, got 1"));
  EXPECT_TRUE(mentions(get_failure<double>(R"({"a": "1"})"), "wanted a number"));
  EXPECT_TRUE(mentions(get_failure<std::string>(R"({"a": 1})"), "wanted a string"));
  EXPECT_TRUE(mentions(get_failure<std::vector<int>>(R"({"a": [1, "b"]})"),
                       "wanted a list, each entry a whole number"));
  EXPECT_TRUE(mentions(failure_of([] { tree_of(R"({"u": [{"v": "x"}]})").at("u").at(0).get<int>("v"); }),
                       "$.u.0.v: wanted"));
}

TEST(Config, IntegersThatDoNotFitAreRefused) {
  EXPECT_EQ(tree_of(R"({"a": 2147483647})").get<int>("a"), 2147483647);
  EXPECT_TRUE(mentions(get_failure<int>(R"({"a": 2147483648})"), "got 2147483648"));
  EXPECT_TRUE(mentions(get_failure<int>(R"({"a": -2147483649})"), "got -2147483649"));
  EXPECT_EQ(tree_of(R"({"a": -9223372036854775808})").get<int64_t>("a"), std::numeric_limits<int64_t>::min());
  EXPECT_TRUE(mentions(get_failure<int64_t>(R"({"a": 9223372036854775808})"), "got 9223372036854775808"));
  EXPECT_TRUE(mentions(get_failure<int64_t>(R"({"a": 1e3})"), "got 1000.0"));
  EXPECT_EQ(tree_of(R"({"a": 18446744073709551615})").get<uint64_t>("a"), 18446744073709551615u);
  EXPECT_TRUE(mentions(get_failure<uint64_t>(R"({"a": -1})"), "wanted a whole number from 0, got -1"));
  EXPECT_TRUE(
      mentions(get_failure<uint64_t>(R"({"a": 18446744073709551616})"), "wanted a whole number from 0"));
}

TEST(Config, AMissingKeyHintsAtTheNearest) {
  EXPECT_EQ(get_failure<int>(R"({"height": 8})", "heigth"),
            "bad_input: x.json: $: 'heigth' is missing; did you mean 'height'?");
  EXPECT_EQ(get_failure<int>(R"({"b": 8})", "width"), "bad_input: x.json: $: 'width' is missing");
  EXPECT_TRUE(mentions(get_failure<int>("[1]"), "wanted an object with 'a', got array"));
}

TEST(Config, NullCountsAsAbsent) {
  const config c = tree_of(R"({"a": null, "b": null, "c": null})");
  EXPECT_FALSE(c.has("a"));
  EXPECT_EQ(c.get("a", 7), 7);
  EXPECT_FALSE(c.get_optional<int>("b"));
  EXPECT_EQ(c.child("c").get("d", 1), 1);
  EXPECT_EQ(failure_of([&] { c.expect_all_read(); }), "no error");
}

TEST(Config, KeysThatNobodyReadAreErrorsWithHints) {
  const config c = tree_of(
      R"({"steps": 3, "sedd": 1, "unet": {"norm": 1, "gruops": 2}, "list": [{"k": 1, "extra": 2}], "zzz": 0})");
  c.get("steps", 0);
  c.get("seed", uint64_t{0});
  c.child("unet").get("norm", 0);
  c.child("unet").get("groups", 0);
  c.at("list").at(0).get<int>("k");
  EXPECT_EQ(c.unread(), (std::vector<std::string>{"$.list.0.extra", "$.sedd", "$.unet.gruops", "$.zzz"}));
  EXPECT_EQ(failure_of([&] { c.expect_all_read(); }),
            "bad_input: x.json: nothing reads $.list.0.extra, $.sedd (did you mean 'seed'?), $.unet.gruops "
            "(did you mean "
            "'groups'?), $.zzz");
  EXPECT_EQ(c.child("unet").unread(), std::vector<std::string>{"$.unet.gruops"});
}

TEST(Config, AValueTakenWholeIsReadWithAllBelow) {
  const config c = tree_of(R"({"a": {"b": {"c": 1}}, "d": [{"e": 1}]})");
  EXPECT_TRUE(c.at("a").is_object());
  EXPECT_EQ(c.at("d").size(), 1u);
  EXPECT_EQ(c.unread().size(), 2u) << "asking what stands there is not reading it";
  c.at("a").value();
  c.at("d").value();
  EXPECT_TRUE(c.unread().empty());
}

TEST(Config, AMisspeltChildIsHintedAt) {
  const config c = tree_of(R"({"tempral": {"layers": 2}})");
  c.child("temporal").get("layers", 1);
  EXPECT_TRUE(mentions(failure_of([&] { c.expect_all_read(); }), "$.tempral (did you mean 'temporal'?)"));
}

TEST(Config, AKeyWithASlashOrTildeIsAKeyLikeAnyOther) {
  const config c = tree_of(R"({"a/b": 1, "~c": {"d": 2}})");
  EXPECT_EQ(c.get<int>("a/b"), 1);
  EXPECT_EQ(c.at("~c").at("d").path(), "$.~c.d");
  EXPECT_EQ(c.unread(), std::vector<std::string>{"$.~c.d"});
}

TEST(Config, DescribedFillsEveryDefaultThatWasAskedFor) {
  const config c = tree_of(R"({"a": 1, "u": {"x": 2}, "n": null, "list": [{"k": 1}]})");
  c.get("a", 9);
  c.get("b", 2.5);
  c.get("n", "text");
  c.get_optional<int>("o");
  c.child("u").get("y", std::vector<int>{1, 2});
  c.child("v").child("0").get("z", true);
  c.at("list").at(0).get("m", 3);
  c.get("b", 7.0);
  EXPECT_EQ(c.described(),
            json::parse(R"({"a": 1, "b": 2.5, "list": [{"k": 1, "m": 3}], "n": "text", "o": null,
                                           "u": {"x": 2, "y": [1, 2]}, "v": {"0": {"z": true}}})"));
  EXPECT_EQ(c.child("v").described(), json::parse(R"({"0": {"z": true}})"));
  EXPECT_EQ(c.child("w").described(), json::object());
}

TEST(Config, WhatWasDescribedReadsBackToTheSame) {
  const auto read = [](const config& c) {
    c.get("steps", 50);
    c.child("unet").child("temporal").get("layers", 2);
    c.expect_all_read();
    return c.described();
  };
  const json once = read(tree_of(R"({"unet": {}})"));
  EXPECT_EQ(read(config(once)), once);
}

TEST(Config, AnAbsentChildKnowsItsPath) {
  const config c = tree_of("{}");
  EXPECT_EQ(c.child("unet").child("temporal").path(), "$.unet.temporal");
  EXPECT_TRUE(mentions(failure_of([&] { c.child("unet").get<int>("layers"); }),
                       "x.json: $.unet: 'layers' is missing"));
  EXPECT_FALSE(c.child("unet").has("layers"));
  EXPECT_TRUE(c.child("unet").keys().empty());
}

TEST(Config, APlainValueWhereAnObjectIsReadIsAnError) {
  EXPECT_TRUE(
      mentions(failure_of([] { tree_of(R"({"u": 5})").child("u"); }), "$.u: wanted an object, got number"));
  EXPECT_TRUE(mentions(failure_of([] { tree_of(R"({"u": 5})").at("u").get("k", 1); }),
                       "$.u: wanted an object, got number"));
}

TEST(Config, SetWalksDownAndTakesJsonOrText) {
  config c = tree_of(R"({"a": {"b": 1}, "list": [1, {"k": 2}]})");
  c.set("a.b=2");
  c.set("a.new.deep=true");
  c.set("list.1.k=[1, 2]");
  c.set("text=a red = ball");
  c.set("quoted=\"5\"");
  c.set("empty=");
  c.set("prompts=[a red circle, 2]");
  c.set("tagged=[sketch] a cat");
  EXPECT_EQ(c.value(), json::parse(R"({"a": {"b": 2, "new": {"deep": true}}, "list": [1, {"k": [1, 2]}],
                                       "text": "a red = ball", "quoted": "5", "empty": "", "prompts": ["a red circle", 2],
                                       "tagged": "[sketch] a cat"})"));
}

TEST(Config, ABrokenAssignmentIsAUsageError) {
  const auto set_failure = [](const std::string& text) {
    return failure_of([&] { tree_of(R"({"a": 1, "list": [1]})").set(text); });
  };
  EXPECT_EQ(set_failure("steps"), "usage: 'steps' is not KEY.KEY=VALUE");
  EXPECT_TRUE(mentions(set_failure("=1"), "is not KEY.KEY=VALUE"));
  EXPECT_TRUE(mentions(set_failure("b..c=1"), "empty key"));
  EXPECT_TRUE(mentions(set_failure("a.b=1"), "there is a value, not an object, above 'b'"));
  EXPECT_TRUE(mentions(set_failure("list.1=1"), "'1' is not an index below 1"));
  EXPECT_TRUE(mentions(set_failure("list.99999999999999999999=1"), "is not an index below 1"));
  EXPECT_TRUE(mentions(set_failure("b=\xff"), "not valid UTF-8"));
  EXPECT_TRUE(mentions(set_failure("b={\"c\": 1, \"c\": 2}"), "'c' appears twice"));
}

TEST(Config, ANodeSeesWhatIsSetThroughAnother) {
  config c = tree_of("{}");
  const config unet = c.child("unet");
  c.set("unet.layers=4");
  EXPECT_EQ(unet.get("layers", 2), 4);
  config temporal = c.child("temporal");
  temporal.set("type=shift");
  EXPECT_EQ(c.at("temporal").get<std::string>("type"), "shift");
}

TEST(Config, LoadsJsonAndYamlByTheirNames) {
  const temporary_folder folder;
  EXPECT_EQ(config::load(folder.put("a.json", R"({"steps": 30})")).get<int>("steps"), 30);
  EXPECT_EQ(config::load(folder.put("a.yaml", "steps: 30 # few\n")).get<int>("steps"), 30);
  EXPECT_EQ(config::load(folder.put("b.yml", "# only a note\n")).get("steps", 50), 50);
  EXPECT_TRUE(mentions(failure_of([&] { config::load(folder.put("a.toml", "")); }),
                       "a config ends in .json, .yaml or .yml"));
  EXPECT_TRUE(mentions(failure_of([&] { config::load(folder / "none.yaml"); }), "none.yaml: cannot be read"));
  EXPECT_TRUE(mentions(failure_of([&] { config::load(folder.put("c.json", "{\"a\": }")); }),
                       "c.json: not valid JSON at byte"));
}

}  // namespace
}  // namespace zoetrope
