// What is missing (failed cells, metrics that could not be had), and how the numbers were made.
#include <algorithm>
#include <map>

#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

std::string failed_cells(const report_data& data) {
  html_table table("", {{"Arm", ""}, {"Prompt", ""}, number_cell("seed"), {"Error", ""}});
  bool any = false;
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    for (const stored_result* stored : data.table.arms()[arm].cells) {
      const result& cell = stored->cell;
      if (!cell.failed()) continue;
      table.row({{arm_name(data, arm), ""},
                 {isolated(cell.prompt), ""},
                 number_cell(std::to_string(cell.seed)),
                 {"<code>" + isolated(cell.error) + "</code>", ""}});
      any = true;
    }
  return any ? "<h3>Failed cells</h3>\n" + table.text() : "";
}

std::string unavailable_metrics(const report_data& data) {
  std::map<std::pair<std::string, std::string>, std::size_t> reasons;
  for (const arm& one : data.table.arms())
    for (const stored_result* stored : one.cells)
      for (const auto& [name, metric] : stored->cell.metrics)
        if (!metric.unavailable.empty()) ++reasons[{name, metric.unavailable}];
  if (reasons.empty()) return "";
  html_table table("", {{"Metric", ""}, {"Why", ""}, number_cell("cells")});
  for (const auto& [what, count] : reasons)
    table.row({{isolated(what.first), ""}, {isolated(what.second), ""}, number_cell(std::to_string(count))});
  return "<h3>Metrics without values</h3>\n" + table.text();
}

// In the order of the clips; seeds that all prompts share are told once.
std::string prompts_and_seeds(const arm_table& table) {
  std::vector<std::string> prompts;
  std::map<std::string, std::string> seeds;
  for (const clip_key& clip : table.clips()) {
    if (!seeds.count(clip.prompt)) prompts.push_back(clip.prompt);
    std::string& list = seeds[clip.prompt];
    list += concat(list.empty() ? "" : ", ", clip.seed);
  }
  const bool shared = std::all_of(seeds.begin(), seeds.end(),
                                  [&](const auto& item) { return item.second == seeds.begin()->second; });
  std::string items;
  for (const std::string& prompt : prompts)
    items += concat("<li>", isolated(prompt), shared ? "" : " <small>seeds " + seeds[prompt] + "</small>",
                    "</li>\n");
  return concat(
      "<h3>Prompts",
      shared ? concat(", each with seed", seeds.begin()->second.find(',') == std::string::npos ? " " : "s ") +
                   seeds.begin()->second
             : "",
      "</h3>\n<ol class=prompts>\n", items, "</ol>\n");
}

}  // namespace

std::string missing_section(const report_data& data) {
  return section("missing", "Missing", failed_cells(data) + unavailable_metrics(data));
}

std::string methods_section(const report_data& data) {
  const resampling& how = data.options.how;
  const char* sample =
      data.options.of == observation::prompt
          ? "For each prompt the mean difference of an arm's clips from the baseline's is one sample;"
          : "For each of them the difference of an arm from the baseline is one sample;";
  const char* meaning =
      data.options.of == observation::prompt
          ? "The intervals speak of prompts like these."
          : "Clips of one prompt count as independent samples; with few prompts and many seeds the intervals "
            "speak of these prompts.";
  return section(
      "methods", "How the numbers were made",
      concat(
          "<p>Arms share prompts and seeds. ", sample,
          " repeats are averaged first, and clips that one of the two lacks are left out. Intervals of ",
          100 * how.level,
          " % are BCa bootstrap intervals of the mean difference (all resamples where there are no more "
          "than ",
          how.bootstrap, ", else ", how.bootstrap, " drawn with seed ", how.seed,
          "); none reaches beyond the least and the greatest difference, so those of a few pairs are too "
          "narrow. p is that of the two-sided sign-flip permutation test of the mean (exact up to ",
          how.sign_flips,
          " sign patterns, else as many drawn ones); Holm's correction runs over all metrics and arms, and "
          "apart from it over all times, memory and arms. d<sub>z</sub> is the mean difference over the "
          "standard deviation of the differences. Times are medians of a cell's samples. ",
          meaning, "</p>\n", prompts_and_seeds(data.table)));
}

}  // namespace zoetrope
