// A plot as inline SVG: two linear axes with round ticks, series of points, named by letters that keep clear
// of each other. Colours and line styles are classes of page.css, so that a page follows light, dark and
// print.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "eval/statistics.hpp"

namespace zoetrope {

struct plot_point {
  double x = 0, y = 0;
  std::optional<interval> x_range = {}, y_range = {};
};

struct plot_series {
  std::size_t number = 0;  ///< of the arm: its colour
  std::string letter;      ///< drawn at the last point
  std::string title;       ///< HTML-escaped by the plot; shown where the mouse rests
  std::vector<plot_point> points;
  bool hollow = false;  ///< points are drawn as rings
};

struct plot {
  std::string x_label, y_label;
  std::string x_unit, y_unit;  ///< "s" and "B" give ticks in a fitting unit
  std::vector<plot_series> series;
  bool lines = false;             ///< joined points without rings; ranges become bands
  std::vector<plot_point> front;  ///< a stepped line behind the points
};

/// "A", "B", …, "Z", "AA", …
std::string letter_of(std::size_t number);

/// At most `most` round numbers (1, 2 or 5 times a power of ten apart) that lie in [low, high].
std::vector<double> round_ticks(double low, double high, int most);

/// Points that are not finite are left out.
std::string svg_plot(const plot& drawn);

}  // namespace zoetrope
