// Arms as sets of clips: their distances from reference clips, or from the baseline's.
#include "eval/number_text.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

std::string explanation(const report_data& data, bool has_reference) {
  return concat("<p class=note>Each row takes the clips of which both arms kept frames, as one set each. ",
                has_reference
                    ? "Distances are from the reference clips; lower is better. p: the two clips of a "
                      "prompt and seed may change places between the arms"
                    : "Distances are from the baseline's clips, so neither is better. p: the two clips of "
                      "a prompt and seed may change places",
                data.options.of == observation::prompt ? ", all of a prompt together" : "", " (exact up to ",
                data.options.how.swaps,
                " patterns, else as many drawn ones). Sets of other sizes cannot be "
                "compared.</p>\n");
}

}  // namespace

std::string sets_section(const report_data& data) {
  if (data.options.sets.empty()) return "";
  const bool has_reference = data.options.sets.front().references > 0;
  html_table table("", {{"Metric", ""},
                        {"Arm", ""},
                        number_cell("clips"),
                        number_cell("references"),
                        number_cell("distance"),
                        number_cell(has_reference ? "baseline's" : ""),
                        number_cell("p"),
                        number_cell("p, Holm"),
                        {"verdict", ""}});
  for (const set_comparison& row : data.options.sets) {
    std::vector<html_cell> cells{{isolated(row.metric), ""}, {arm_name(data, row.arm), ""}};
    if (row.unavailable.empty()) {
      for (const std::string& text :
           {std::to_string(row.clips), std::to_string(row.references), typeset(shown_number(row.distance)),
            has_reference ? typeset(shown_number(row.baseline_distance)) : std::string(),
            typeset(shown_p(row.p)), typeset(shown_p(row.holm_p))})
        cells.push_back(number_cell(text));
      cells.push_back(
          {concat(sign_of(row.said), " ", name_of(row.said)), concat(" class=", name_of(row.said))});
    } else {
      cells.push_back({isolated(row.unavailable), " colspan=7"});
    }
    table.row(cells);
  }
  return section("sets", "Sets of clips", explanation(data, has_reference) + table.text());
}

}  // namespace zoetrope
