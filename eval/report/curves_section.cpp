// Every curve of the metrics (over lag, frequency, …): the mean over an arm's clips, a line an arm.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "eval/report/sections.hpp"
#include "eval/report/svg_plot.hpp"

namespace zoetrope {

namespace {

// A curve of a metric, and the other of its curves that says where the points lie.
struct curve_name {
  std::string metric, curve, axis;
  auto operator<=>(const curve_name&) const = default;
};

using curve_map = std::map<std::string, std::vector<double>>;

// Metrics give the places of the points as a curve of one of these names.
std::string axis_of(const curve_map& curves) {
  for (const char* name : {"lag", "frequency", "frame"})
    if (curves.size() > 1 && curves.count(name)) return name;
  return "";
}

std::set<curve_name> curve_names(const arm_table& table) {
  std::set<curve_name> names;
  for (const arm& one : table.arms())
    for (const stored_result* stored : one.cells)
      for (const auto& [metric, values] : stored->cell.metrics) {
        const std::string axis = axis_of(values.curves);
        for (const auto& [curve, points] : values.curves)
          if (curve != axis && points.size() > 1) names.insert({metric, curve, axis});
      }
  return names;
}

// Values of the arm's clips at each point of the curve, by its place.
std::map<double, std::vector<clip_value>> values_by_place(const arm& one, const curve_name& name) {
  std::map<double, std::vector<clip_value>> points;
  for (const stored_result* stored : one.cells) {
    const auto metric = stored->cell.metrics.find(name.metric);
    if (metric == stored->cell.metrics.end() || !metric->second.curves.count(name.curve)) continue;
    const curve_map& curves = metric->second.curves;
    const std::vector<double>& values = curves.at(name.curve);
    const auto places = curves.find(name.axis);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (places != curves.end() && i >= places->second.size()) break;
      const double place = places == curves.end() ? static_cast<double>(i + 1) : places->second[i];
      if (std::isfinite(values[i]) && std::isfinite(place))
        points[place].push_back({stored->cell.prompt, values[i]});
    }
  }
  return points;
}

plot_series series_of(const report_data& data, std::size_t arm, const curve_name& name, bool with_bands) {
  plot_series series{.number = arm, .letter = letter_of(arm), .title = data.table.arms()[arm].label};
  for (const auto& [place, of_clips] : values_by_place(data.table.arms()[arm], name)) {
    const std::vector<double> values = observations(of_clips, data.options.of);
    plot_point point{.x = place, .y = mean_of(values)};
    if (with_bands) point.y_range = mean_interval(values, data.options.how);
    series.points.push_back(point);
  }
  return series;
}

// Without places a curve has a point an entry; of distances from the first frame those are the frames after it.
std::string place_of(const curve_name& name) {
  return name.axis.empty() && name.curve == "from_first" ? "frame" : name.axis;
}

// What the metrics' axes are told in.
std::string axis_label(const std::string& place) {
  if (place == "lag") return "lag, frames";
  return place == "frequency" ? "frequency, Hz" : place.empty() ? "point" : place;
}

std::string curve_plot(const report_data& data, const curve_name& name) {
  constexpr std::size_t most_bands = 4;
  const std::string place = place_of(name);
  plot drawn{.x_label = axis_label(place), .y_label = name.curve, .lines = true};
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    drawn.series.push_back(series_of(data, arm, name, data.table.arms().size() <= most_bands));
  return concat("<figure class=plot-box>", svg_plot(drawn), "<figcaption>", isolated(name.metric), ": ",
                isolated(name.curve), place.empty() ? "" : " over " + isolated(place),
                "</figcaption></figure>\n");
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
