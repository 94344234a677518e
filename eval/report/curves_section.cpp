// Every curve of the metrics (over lag, frequency, …): the mean over an arm's clips, a line an arm.
#include <algorithm>
#include <cmath>
#include <set>

#include "eval/number_text.hpp"
#include "eval/report/sections.hpp"
#include "eval/report/svg_plot.hpp"

namespace zoetrope {

namespace {

struct curve_name {
  std::string metric, curve;
  auto operator<=>(const curve_name&) const = default;
};

std::set<curve_name> curve_names(const arm_table& table) {
  std::set<curve_name> names;
  for (const arm& one : table.arms())
    for (const stored_result* stored : one.cells)
      for (const auto& [metric, values] : stored->cell.metrics)
        for (const auto& [curve, points] : values.curves) names.insert({metric, curve});
  return names;
}

// Values of the arm's clips at each point of the curve.
std::vector<std::vector<double>> values_by_point(const arm& one, const curve_name& name) {
  std::vector<std::vector<double>> points;
  for (const stored_result* stored : one.cells) {
    const auto metric = stored->cell.metrics.find(name.metric);
    if (metric == stored->cell.metrics.end() || !metric->second.curves.count(name.curve)) continue;
    const std::vector<double>& curve = metric->second.curves.at(name.curve);
    points.resize(std::max(points.size(), curve.size()));
    for (std::size_t i = 0; i < curve.size(); ++i)
      if (std::isfinite(curve[i])) points[i].push_back(curve[i]);
  }
  return points;
}

plot_series series_of(const report_data& data, std::size_t arm, const curve_name& name, bool with_bands) {
  plot_series series{.number = arm, .letter = letter_of(arm), .title = data.table.arms()[arm].label};
  const auto points = values_by_point(data.table.arms()[arm], name);
  for (std::size_t i = 0; i < points.size(); ++i) {
    plot_point point{.x = static_cast<double>(i + 1), .y = mean_of(points[i])};
    if (with_bands) point.y_range = mean_interval(points[i], data.options.how);
    series.points.push_back(point);
  }
  return series;
}

std::string curve_plot(const report_data& data, const curve_name& name) {
  constexpr std::size_t most_bands = 4;
  std::string unit, better;
  for (const measure& one : data.table.measures())
    if (one.of == measure::metric && one.name == name.metric) unit = one.unit;
  plot drawn{.x_label = name.curve == "lag" ? "lag, frames" : name.curve,
             .y_label = unit.empty() ? name.metric : name.metric + ", " + unit,
             .lines = true};
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    drawn.series.push_back(series_of(data, arm, name, data.table.arms().size() <= most_bands));
  return concat("<figure class=plot-box>", svg_plot(drawn), "<figcaption>", isolated(name.metric), " over ",
                isolated(name.curve), "</figcaption></figure>\n");
}

}  // namespace

std::string legend(const report_data& data) {
  std::string items;
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    items += concat("<li data-arm=", arm, ">", arm_name(data, arm), "</li>");
  return "<ul class=legend>" + items + "</ul>\n";
}

std::string curves_section(const report_data& data) {
  std::string plots;
  for (const curve_name& name : curve_names(data.table)) plots += curve_plot(data, name);
  if (plots.empty()) return "";
  return section(
      "curves", "Curves",
      legend(data) + "<div class=plots>\n" + plots +
          "</div>\n<p class=note>Means over the clips of an arm; bands, where there are any, are their "
          "intervals point by point.</p>\n");
}

}  // namespace zoetrope
