// `zoetrope results sets`.
#include "cli/compare_results.hpp"
#include "cli/text_table.hpp"
#include "core/json_text.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

json to_json(const arm_table& table, const std::vector<set_comparison>& rows) {
  json list = json::array();
  for (const set_comparison& row : rows) {
    json entry{{"arm", table.arms()[row.arm].label}, {"metric", row.metric}};
    if (row.unavailable.empty()) {
      entry.update({{"clips", row.clips},
                    {"references", row.references},
                    {"distance", row.distance},
                    {"p", row.p},
                    {"holm_p", row.holm_p},
                    {"verdict", name_of(row.said)}});
      if (row.references > 0) entry["baseline_distance"] = row.baseline_distance;
    } else {
      entry["unavailable"] = row.unavailable;
    }
    list.push_back(entry);
  }
  return list;
}

void print_rows(const console& out, const arm_table& table, const std::vector<set_comparison>& rows,
                bool has_reference) {
  text_table lines({"arm", "metric", ">clips", ">references", has_reference ? ">distance" : ">from baseline",
                    has_reference ? ">baseline's" : ">", ">p", ">Holm p", ""});
  for (const set_comparison& row : rows) {
    const std::string arm = printable(table.arms()[row.arm].label);
    if (row.unavailable.empty())
      lines.row({arm, row.metric, std::to_string(row.clips), std::to_string(row.references),
                 shown_number(row.distance), has_reference ? shown_number(row.baseline_distance) : "",
                 shown_p(row.p), shown_p(row.holm_p), name_of(row.said)});
    else
      lines.row({arm, row.metric, "-", "-", "-", "", "-", "-", row.unavailable});
  }
  lines.print(out);
}

}  // namespace

void compare_arms_as_sets(const result_arguments& chosen, const console& out) {
  resampling_of(chosen.comparison);  // wrong levels are told before anything is read
  const std::vector<stored_result> cells = read_cells(chosen.places, out);
  const arm_table table(cells);
  expect_arms(table, "sets");
  const std::size_t baseline = baseline_of(chosen.comparison, table);
  const auto rows = compare_sets(table, chosen.sets, chosen.comparison, out);
  if (chosen.as_json)
    return out.print(pretty({{"baseline", table.arms()[baseline].label},
                             {"by", chosen.comparison.by},
                             {"rows", to_json(table, rows)}}));
  out.print("baseline: " + printable(table.arms()[baseline].label));
  print_rows(out, table, rows, !chosen.sets.reference.empty());
}

}  // namespace zoetrope
