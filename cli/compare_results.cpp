// See compare_results.hpp.
#include "cli/compare_results.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "cli/text_table.hpp"
#include "core/json_text.hpp"
#include "eval/export_results.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

std::vector<std::string> comparison_row(const arm_comparison& row, const measure& measured) {
  const std::string& unit = measured.unit;
  const std::string range = std::isnan(row.confidence.low)
                                ? "-"
                                : concat("[", shown_difference(row.confidence.low, unit), ", ",
                                         shown_difference(row.confidence.high, unit), "]");
  return {"  " + printable(measured.name),
          shown_number(row.baseline_mean, unit),
          shown_number(row.mean, unit),
          shown_difference(row.difference, unit),
          range,
          shown_p(row.p),
          shown_p(row.holm_p),
          shown_difference(row.dz),
          std::to_string(row.pairs),
          name_of(row.said)};
}

void compare_arm(const console& out, const arm_table& table, std::size_t arm, std::size_t baseline,
                 const std::vector<arm_comparison>& rows, double level) {
  out.print(
      concat(printable(table.arms()[arm].label), "  against  ", printable(table.arms()[baseline].label)));
  const std::string share = concat(level * 100, " % interval");
  const auto of_arm = [&](const arm_comparison& row) { return row.arm == arm; };
  if (std::none_of(rows.begin(), rows.end(), of_arm))
    return out.print(
        "  nothing to compare: no clip has a value in both (failed cells? unavailable metrics?)");
  text_table lines({"  measure", ">baseline", ">arm", ">difference", ">" + share, ">p", ">Holm p", ">d_z",
                    ">pairs", "verdict"});
  for (const arm_comparison& row : rows)
    if (row.arm == arm) lines.row(comparison_row(row, table.measures()[row.measure]));
  lines.print(out);
}

// Consistency never stands without motion.
void tell_motion(const console& out, const arm_table& table, const std::vector<arm_comparison>& rows) {
  for (std::size_t arm = 0; arm < table.arms().size(); ++arm) {
    const std::string label = printable(table.arms()[arm].label);
    if (const still_clips count = count_still(table, arm); count.still > 0)
      out.print(concat("still: ", count.still, " of ", counted(count.known, "clip"), " of ", label,
                       count.still == 1 ? " moves" : " move", " less than ", still_below,
                       " px a frame (at 256); ", count.still == 1 ? "its" : "their",
                       " consistency is no merit"));
    if (const arm_comparison* row = moves_less(table, rows, arm))
      out.print(concat("moves less: ", label, ", ", shown_number(row->mean),
                       " px a frame where the baseline has ", shown_number(row->baseline_mean),
                       " (at 256); what it gains in consistency may be that"));
  }
}

void tell_power(const console& out, const arm_table& table, const std::vector<arm_comparison>& rows,
                const result_arguments& chosen) {
  std::size_t metrics = 0, pairs = 0;
  for (const arm_comparison& row : rows)
    if (table.measures()[row.measure].of == measure::metric) ++metrics, pairs = std::max(pairs, row.pairs);
  const double least = least_sign_flip_p(pairs) * static_cast<double>(metrics);
  if (metrics > 0 && least > 1 - chosen.comparison.level)
    out.print(concat("too few pairs: ", counted(pairs, "pair"), " and ", counted(metrics, "test"),
                     " cannot give a Holm p below ", shown_p(std::min(least, 1.0)), "; more prompts",
                     chosen.comparison.by == "clip" ? " or seeds" : "", ", or fewer --measures, can"));
}

// The table with the measures that were asked for, and the motion amount, which is never left out.
std::vector<arm_comparison> chosen_rows(const arm_table& table, std::size_t baseline,
                                        const result_arguments& chosen) {
  std::set<std::size_t> wanted;
  for (const std::string& name : chosen.measures) wanted.insert(table.find_measure(name));
  if (!wanted.empty()) wanted.insert(motion_measure(table.measures()));
  return compare(table, baseline, resampling_of(chosen.comparison), wanted,
                 observation_of(chosen.comparison));
}

}  // namespace

void compare_arms(const result_arguments& chosen, const console& out) {
  resampling_of(chosen.comparison);  // wrong levels are told before anything is read
  const std::vector<stored_result> cells = read_cells(chosen.places, out);
  const arm_table table(cells);
  expect_arms(table, "compare");
  const std::size_t baseline = baseline_of(chosen.comparison, table);
  const auto rows = chosen_rows(table, baseline, chosen);
  if (chosen.as_json) {
    json tree = to_json(table, baseline, rows);
    tree["by"] = chosen.comparison.by;
    return out.print(pretty(tree));
  }
  for (std::size_t arm = 0; arm < table.arms().size(); ++arm)
    if (arm != baseline) compare_arm(out, table, arm, baseline, rows, chosen.comparison.level);
  tell_motion(out, table, rows);
  tell_power(out, table, rows, chosen);
}

}  // namespace zoetrope
