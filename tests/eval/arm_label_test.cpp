#include "eval/arm_label.hpp"

#include <gtest/gtest.h>

#include "eval/number_text.hpp"

namespace zoetrope {
namespace {

using names = std::map<std::string, std::string>;

TEST(ArmLabel, AxesHaveTheShortestNamesThatTellThemApart) {
  EXPECT_EQ(axis_names({"unet.temporal.type", "steps"}),
            (names{{"unet.temporal.type", "temporal"}, {"steps", "steps"}}));
  EXPECT_EQ(axis_names({"unet.a.heads", "unet.b.heads", "c"}),
            (names{{"unet.a.heads", "a.heads"}, {"unet.b.heads", "b.heads"}, {"c", "c"}}));
  EXPECT_EQ(axis_names({"x.type", "x"}), (names{{"x.type", "x.type"}, {"x", "x"}}));
  EXPECT_EQ(axis_names({"type"}), (names{{"type", "type"}}));
  EXPECT_EQ(axis_names({"heads", "a.heads"}), (names{{"heads", "heads"}, {"a.heads", "a.heads"}}));
}

TEST(ArmLabel, ValuesAreTextsOrJson) {
  const json axes{{"unet.temporal", {{"type", "conv"}}}, {"steps", 20}, {"name", "rope"}};
  EXPECT_EQ(arm_label(axes, axis_names({"unet.temporal", "steps", "name"})),
            "name=rope, steps=20, temporal={\"type\":\"conv\"}");
  EXPECT_EQ(arm_label(json::object(), {}), "(no axis)");
}

TEST(NumberText, UnitsSuitTheSize) {
  EXPECT_EQ(shown_number(0.98123456), "0.9812");
  EXPECT_EQ(shown_number(0.0125, "s"), "12.5 ms");
  EXPECT_EQ(shown_number(2.5, "s"), "2.5 s");
  EXPECT_EQ(shown_number(3e-6, "s"), "3 us");
  EXPECT_EQ(shown_number(std::nan(""), "s"), "-");
  EXPECT_EQ(shown_difference(-1572864, "B"), "-1.5 MiB");
  EXPECT_EQ(shown_difference(0.54321), "+0.543");
  EXPECT_EQ(shown_difference(0), "0");
  EXPECT_EQ(shown_p(0.03125), "0.031");
  EXPECT_EQ(shown_p(0.00001), "<0.0001");
  EXPECT_EQ(shown_p(1), "1.00");
}

}  // namespace
}  // namespace zoetrope
