// What quality costs: each metric over time and over memory, an arm a point, and the Pareto front: the
// arms that no other beats in both.
#include <algorithm>
#include <cmath>

#include "eval/measure_meaning.hpp"
#include "eval/report/sections.hpp"
#include "eval/report/svg_plot.hpp"

namespace zoetrope {

namespace {

std::vector<std::size_t> cost_measures(const report_data& data) {
  std::vector<std::size_t> chosen;
  for (const std::string& name : data.options.costs) chosen.push_back(data.table.find_measure(name));
  if (!chosen.empty()) return chosen;
  // A whole clip's time says most, then a step's; of memory the peak.
  const auto first_of = [&](const std::vector<std::string>& names) {
    for (const std::string& name : names)
      for (std::size_t m = 0; m < data.table.measures().size(); ++m)
        if (data.table.measures()[m].of == measure::cost && data.table.measures()[m].name.starts_with(name)) {
          chosen.push_back(m);
          return;
        }
  };
  first_of({"speed/clip", "speed/generation", "speed/step", "speed/unet_step", "speed/"});
  first_of({"memory/peak_device", "memory/peak", "memory/"});
  return chosen;
}

// Sorted by cost, which is lower the better; an arm is on the front if it is better than all that cost less.
std::vector<plot_point> front_of(std::vector<plot_point> points, bool higher) {
  std::erase_if(points, [](const plot_point& p) { return !std::isfinite(p.x) || !std::isfinite(p.y); });
  std::sort(points.begin(), points.end(), [&](const plot_point& a, const plot_point& b) {
    return a.x != b.x ? a.x < b.x : higher ? a.y > b.y : a.y < b.y;
  });
  std::vector<plot_point> front;
  for (const plot_point& point : points)
    if (front.empty() || (higher ? point.y > front.back().y : point.y < front.back().y))
      front.push_back(point);
  return front;
}

plot_point point_of(const report_data& data, std::size_t arm, std::size_t cost, std::size_t metric) {
  const auto x = observations(data.table, arm, cost, data.options.of),
             y = observations(data.table, arm, metric, data.options.of);
  return {mean_of(x), mean_of(y), mean_interval(x, data.options.how), mean_interval(y, data.options.how)};
}

std::string tradeoff_plot(const report_data& data, std::size_t cost, std::size_t metric) {
  const measure &x = data.table.measures()[cost], &y = data.table.measures()[metric];
  plot drawn{.x_label = x.name, .y_label = y.name + (y.unit.empty() ? "" : ", " + y.unit), .x_unit = x.unit};
  std::vector<plot_point> points;
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm) {
    points.push_back(point_of(data, arm, cost, metric));
    drawn.series.push_back({.number = arm,
                            .letter = letter_of(arm),
                            .title = data.table.arms()[arm].label,
                            .points = {points.back()},
                            .hollow = needs_caution(data, arm)});
  }
  drawn.front = front_of(std::move(points), y.better == "higher");
  return concat("<figure class=plot-box>", svg_plot(drawn), "<figcaption>", isolated(y.name), ", ", y.better,
                " is better, against ", isolated(x.name), "</figcaption></figure>\n");
}

bool is_consistency(const measure& measured) { return role_of(measured) == metric_role::consistency; }

// Consistency first, and of that the warp error, which knows what moves; then by name.
std::vector<std::size_t> quality_measures(const arm_table& table) {
  std::vector<std::size_t> chosen;
  for (std::size_t m = 0; m < table.measures().size(); ++m)
    if (table.measures()[m].of == measure::metric && table.measures()[m].better != "neither")
      chosen.push_back(m);
  const auto first = [&](auto&& holds) {
    std::stable_partition(chosen.begin(), chosen.end(),
                          [&](std::size_t m) { return holds(table.measures()[m]); });
  };
  first(is_consistency);
  first([](const measure& one) { return one.name.starts_with("warp_error"); });
  return chosen;
}

}  // namespace

std::string tradeoff_section(const report_data& data) {
  const std::vector<std::size_t> costs = cost_measures(data);
  if (costs.empty() || data.table.arms().size() < 2) return "";
  std::string choices, groups;
  for (const std::size_t m : quality_measures(data.table)) {
    const measure& measured = data.table.measures()[m];
    choices += concat("<option value=", m, ">", escaped(measured.name), "</option>");
    groups += concat("<div class=\"plots tradeoff", is_consistency(measured) ? " on-paper" : "",
                     "\" data-measure=", m, ">\n");
    for (const std::size_t cost : costs) groups += tradeoff_plot(data, cost, m);
    groups += "</div>\n";
  }
  if (groups.empty()) return "";
  return section(
      "tradeoff", "Metrics against cost",
      "<div class=controls><label>Metric <select id=tradeoff-metric>" + choices +
          "</select></label></div>\n" + legend(data) + groups +
          "<p class=note>Means and intervals over the clips of an arm. The line joins the arms that no "
          "other beats in both. Rings: arms with clips that stand still, or that move less than the "
          "baseline. On paper: the metrics of consistency, and the one that was chosen.</p>\n");
}

}  // namespace zoetrope
