// The tables: first everything at a glance, measure by arm; then every measure with its paired differences.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "eval/number_text.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

std::string better_sign(const measure& measured) {
  if (measured.better == "higher") return "<span class=way title=\"higher is better\">↑</span>";
  return measured.better == "lower" ? "<span class=way title=\"lower is better\">↓</span>" : "";
}

// A long name may be broken after a part of it.
std::string broken(const std::string& name) {
  std::string text = isolated(name);
  for (std::size_t at = text.find_first_of("/_", 5); at < text.size() - 6;
       at = text.find_first_of("/_", at + 1))
    text.insert(at + 1, "<wbr>");
  return text;
}

std::string measure_name(const measure& measured) {
  const bool told_elsewhere =
      measured.unit == "s" || measured.unit == "B" || measured.unit == "1" || measured.unit.empty();
  return concat(broken(measured.name), " ", better_sign(measured),
                told_elsewhere ? "" : concat(" <small class=unit>", isolated(measured.unit), "</small>"));
}

// ---- at a glance

constexpr const char* dagger = "<em class=still>†</em>";

html_cell glance_cell(const report_data& data, std::size_t arm, std::size_t measure) {
  const std::vector<double> values = observations(data.table, arm, measure, data.options.of);
  const std::string mean = typeset(shown_number(mean_of(values), data.table.measures()[measure].unit));
  const arm_comparison* row = data.row(arm, measure);
  if (!row) return number_cell(mean);
  return number_cell(mean + concat("<span class=sign>", sign_of(row->said), "</span>"), name_of(row->said));
}

std::string glance_table(const report_data& data, const std::vector<std::size_t>& arms, bool letters_alone) {
  std::vector<html_cell> head{
      {data.options.of == observation::prompt ? "Mean of the prompts" : "Mean of the clips", ""}};
  for (const std::size_t arm : arms)
    head.push_back(
        {(letters_alone ? arm_letter(arm) : arm_name(data, arm)) + (needs_caution(data, arm) ? dagger : ""),
         " class=\"number arm-head\""});
  html_table table(" class=glance", head);
  for (std::size_t m = 0; m < data.table.measures().size(); ++m) {
    const measure& measured = data.table.measures()[m];
    if (is_detail(measured)) continue;
    std::vector<html_cell> row{{measure_name(measured), ""}};
    for (const std::size_t arm : arms) row.push_back(glance_cell(data, arm, m));
    const bool first_cost =
        measured.of == measure::cost && (m == 0 || data.table.measures()[m - 1].of != measured.of);
    table.row(row, first_cost ? " class=first-cost" : "");
  }
  return table.text();
}

std::string glance(const report_data& data) {
  constexpr std::size_t most_labels = 6;
  const bool letters_alone = data.table.arms().size() > most_labels;
  std::string text = letters_alone ? legend(data) : "";
  for (const auto& arms : arm_blocks(data)) text += glance_table(data, arms, letters_alone);
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    if (needs_caution(data, arm)) {
      text += concat("<p class=note>", dagger,
                     " has clips that stand still, or moves less than the baseline: its "
                     "consistency may be no merit.</p>\n");
      break;
    }
  text += "<p class=note>↑ higher is better, ↓ lower is better; without an arrow neither is.</p>\n";
  if (data.table.arms().size() > 1)
    text += concat("<p class=note>▲ better, ▼ worse, ◆ changed: against ", arm_name(data, data.baseline),
                   ", at an adjusted p of at most ", typeset(shown_p(1 - data.options.how.level)),
                   "; = not one pair differs; unmarked: not told apart by these clips.</p>\n");
  return text;
}

// ---- measure by measure

// The difference and its interval on a line on which zero is marked; one scale for all arms of a measure.
struct forest_scale {
  double low = 0, high = 0;
  static constexpr double width = 170, height = 18, margin = 6;

  void see(const arm_comparison& row) {
    for (const double value : {row.difference, row.confidence.low, row.confidence.high})
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  std::string at(double value) const {
    char text[32];
    const double share = high > low ? (value - low) / (high - low) : 0.5;
    std::snprintf(text, sizeof text, "%.1f", margin + share * (width - 2 * margin));
    return text;
  }
  std::string drawing(const arm_comparison& row) const {
    std::string text =
        concat("<svg class=forest viewBox=\"0 0 ", width, " ", height,
               "\" aria-hidden=true><line class=zero x1=", at(0), " x2=", at(0), " y1=0 y2=", height, " />");
    if (std::isfinite(row.confidence.low))
      text += concat("<line class=range x1=", at(row.confidence.low), " x2=", at(row.confidence.high),
                     " y1=9 y2=9 />");
    return text + concat("<circle class=dot cx=", at(row.difference), " cy=9 r=3.6 /></svg>");
  }
};

std::string range_text(const arm_comparison& row, const std::string& unit) {
  if (!std::isfinite(row.confidence.low)) return "–";
  return concat("[", typeset(shown_difference(row.confidence.low, unit)), ", ",
                typeset(shown_difference(row.confidence.high, unit)), "]");
}

std::string motion_text(const report_data& data, std::size_t arm) {
  const std::size_t motion = motion_measure(data.table.measures());
  if (motion == data.table.measures().size()) return "–";
  const still_clips count = count_still(data.table, arm);
  return typeset(shown_number(mean_of(finite_values(data.table.values(arm, motion))))) +
         (count.still > 0 ? concat(" <em class=still>", count.still, " still</em>") : "");
}

// What decides stands first, and stays in sight where the window is narrow: difference, interval, verdict and
// motion. The classes are page.css' columns.
void difference_row(html_table& table, const report_data& data, const forest_scale& scale,
                    const arm_comparison& row, bool with_motion) {
  const std::string& unit = data.table.measures()[row.measure].unit;
  std::vector<html_cell> cells{{arm_name(data, row.arm), ""},
                               number_cell(typeset(shown_difference(row.difference, unit)), "difference"),
                               {scale.drawing(row), concat(" class=\"drawing arm-", row.arm % 12, "\"")},
                               number_cell(range_text(row, unit), "interval"),
                               {concat(sign_of(row.said), " ", name_of(row.said)),
                                concat(" class=\"verdict ", name_of(row.said), "\"")}};
  if (with_motion) cells.push_back(number_cell(motion_text(data, row.arm), "motion"));
  cells.insert(cells.end(),
               {number_cell(typeset(shown_number(row.mean, unit)), "mean"),
                number_cell(typeset(shown_p(row.p)), "p"), number_cell(typeset(shown_p(row.holm_p)), "holm"),
                number_cell(typeset(shown_difference(row.dz)), "dz"),
                number_cell(std::to_string(row.pairs), "pairs")});
  table.row(cells);
}

void baseline_row(html_table& table, const report_data& data, std::size_t measure, bool with_motion) {
  const std::vector<double> values = observations(data.table, data.baseline, measure, data.options.of);
  const std::string mean = shown_number(mean_of(values), data.table.measures()[measure].unit);
  std::vector<html_cell> cells{{arm_name(data, data.baseline), ""},
                               number_cell("baseline", "difference baseline"),
                               {"", " class=drawing"},
                               {"", " class=interval"},
                               {"", " class=verdict"}};
  if (with_motion) cells.push_back(number_cell(motion_text(data, data.baseline), "motion"));
  cells.insert(cells.end(), {number_cell(typeset(mean), "mean"),
                             {"", " class=p"},
                             {"", " class=holm"},
                             {"", " class=dz"},
                             number_cell(std::to_string(values.size()), "pairs")});
  table.row(cells);
}

std::string measure_table(const report_data& data, std::size_t index) {
  const measure& measured = data.table.measures()[index];
  const bool with_motion = measured.of == measure::metric && index != motion_measure(data.table.measures());
  std::vector<html_cell> head{{"Arm", ""},
                              number_cell("difference", "difference"),
                              {"", " class=drawing"},
                              number_cell(concat(100 * data.options.how.level, " % interval"), "interval"),
                              {"verdict", " class=verdict"}};
  if (with_motion) head.push_back(number_cell("motion, px", "motion"));
  head.insert(head.end(), {number_cell("mean", "mean"), number_cell("p", "p"), number_cell("p, Holm", "holm"),
                           number_cell("d<sub>z</sub>", "dz"), number_cell("pairs", "pairs")});
  html_table table(" class=differences", head);
  forest_scale scale;
  for (const arm_comparison& row : data.rows)
    if (row.measure == index) scale.see(row);
  baseline_row(table, data, index, with_motion);
  for (const arm_comparison& row : data.rows)
    if (row.measure == index) difference_row(table, data, scale, row, with_motion);
  return concat("<div class=measure><h3>", measure_name(measured), "</h3>\n", table.text(), "</div>\n");
}

}  // namespace

std::string results_section(const report_data& data) {
  if (data.table.measures().empty()) return "";
  std::string body = glance(data) + measures_list(data);
  std::string same;
  for (std::size_t m = 0; m < data.table.measures().size(); ++m) {
    const auto is_row = [&](const arm_comparison& row) { return row.measure == m; };
    const auto differs = [&](const arm_comparison& row) {
      return row.measure == m && row.said != verdict::same;
    };
    if (std::any_of(data.rows.begin(), data.rows.end(), differs))
      body += measure_table(data, m);
    else if (std::any_of(data.rows.begin(), data.rows.end(), is_row))
      same += (same.empty() ? "" : ", ") + isolated(data.table.measures()[m].name);
  }
  if (!same.empty())
    body += "<p>The same to the bit in all arms, for every prompt and seed: " + same + ".</p>\n";
  return section("results", "Results", body);
}

}  // namespace zoetrope
