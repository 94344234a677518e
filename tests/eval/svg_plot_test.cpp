#include "eval/report/svg_plot.hpp"

#include <cmath>

#include "tests/core/temporary_folder.hpp"
#include "tests/eval/markup.hpp"

namespace zoetrope {
namespace {

TEST(SvgPlot, TicksAreRoundAndLettersCount) {
  using numbers = std::vector<double>;
  EXPECT_EQ(round_ticks(0.3, 9.7, 6), (numbers{2, 4, 6, 8}));
  EXPECT_EQ(round_ticks(-25, 25, 6), (numbers{-20, -10, 0, 10, 20}));
  EXPECT_EQ(round_ticks(1, 1, 6), numbers{});
  EXPECT_EQ(letter_of(0), "A");
  EXPECT_EQ(letter_of(25), "Z");
  EXPECT_EQ(letter_of(26), "AA");
  EXPECT_EQ(letter_of(27), "AB");
}

TEST(SvgPlot, WhatIsNotFiniteIsLeftOut) {
  plot drawn{.x_label = "x", .y_label = "y"};
  drawn.series.push_back({.letter = "A", .points = {{std::nan(""), 1}, {1, 2}}});
  const std::string text = svg_plot(drawn);
  EXPECT_EQ(count(text, "<circle"), 1u);
  EXPECT_EQ(text.find("nan"), std::string::npos);
  expect_well_formed(text);
}

}  // namespace
}  // namespace zoetrope
