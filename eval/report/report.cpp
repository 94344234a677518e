// See report.hpp: the frame of the page, and what its sections share.
#include "eval/report/report.hpp"

#include "eval/report/assets.hpp"
#include "eval/report/sections.hpp"
#include "eval/report/svg_plot.hpp"

namespace zoetrope {

const arm_comparison* report_data::row(std::size_t arm, std::size_t measure) const {
  for (const arm_comparison& one : rows)
    if (one.arm == arm && one.measure == measure) return &one;
  return nullptr;
}

std::string arm_letter(std::size_t arm) {
  return concat("<b class=\"letter arm-", arm % 12, "\">", letter_of(arm), "</b>");
}

std::string arm_name(const report_data& data, std::size_t arm) {
  // A long label may be broken after an equals sign.
  std::string label = isolated(data.table.arms()[arm].label);
  for (std::size_t at = label.find('='); at != std::string::npos; at = label.find('=', at + 1))
    label.insert(at + 1, "<wbr>");
  return arm_letter(arm) + " " + label;
}

std::vector<std::vector<std::size_t>> arm_blocks(const report_data& data) {
  constexpr std::size_t most = 9;
  const std::size_t arms = data.table.arms().size(), count = (arms + most - 1) / most;
  std::vector<std::vector<std::size_t>> blocks(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = arms * i / count, end = arms * (i + 1) / count;
    if (data.baseline < begin || data.baseline >= end) blocks[i].push_back(data.baseline);
    for (std::size_t arm = begin; arm < end; ++arm) blocks[i].push_back(arm);
  }
  return blocks;
}

bool needs_caution(const report_data& data, std::size_t arm) {
  return count_still(data.table, arm).still > 0 || moves_less(data.table, data.rows, arm) != nullptr;
}

html_cell path_cell(const std::string& path) {
  std::string text = isolated(path);
  for (std::size_t at = text.find('.'); at != std::string::npos; at = text.find('.', at + 1))
    text.insert(at + 1, "<wbr>");
  return {"<code>" + text + "</code>", ""};
}

std::string typeset(const std::string& number) {
  if (number == "-") return "–";
  std::string text = escaped(number);
  if (text.starts_with("-")) text.replace(0, 1, "−");
  if (const auto micro = text.find(" us"); micro != std::string::npos) text.replace(micro, 3, " µs");
  return text;
}

const char* sign_of(verdict said) {
  switch (said) {
    case verdict::better:
      return "▲";
    case verdict::worse:
      return "▼";
    case verdict::changed:
      return "◆";
    case verdict::same:
      return "=";
    case verdict::unclear:
      break;
  }
  return "";
}

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  return body.empty() ? "" : concat("<section id=", id, "><h2>", title, "</h2>\n", body, "</section>\n");
}

std::string report_page(const std::vector<stored_result>& cells, const report_options& options) {
  const arm_table table(cells);
  const std::size_t baseline = options.baseline.empty() ? 0 : table.find_arm(options.baseline);
  const report_data data{cells, table, baseline, compare(table, baseline, options.how, {}, options.of),
                         options};
  std::string title;
  for (const arm& one : table.arms())
    if (title.find(one.experiment) == std::string::npos)
      title += (title.empty() ? "" : ", ") + one.experiment;
  // Without any source that it may load from, the page could not phone home even if a text broke out of its
  // place.
  return concat(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=color-scheme content=\"light dark\">\n<title>",
      escaped(title), "</title>\n<style>\n", report_style, "</style></head><body>\n", header_section(data),
      "<main>\n", arms_section(data), clips_section(data), results_section(data), sets_section(data),
      curves_section(data), tradeoff_section(data), missing_section(data), methods_section(data),
      "</main>\n<script>\n", report_script, "</script></body></html>\n");
}

}  // namespace zoetrope
