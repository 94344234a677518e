// The sections of the page, each as HTML; empty where the results have nothing for it.
#pragma once

#include "eval/comparison.hpp"
#include "eval/report/arm_configs.hpp"
#include "eval/report/html.hpp"
#include "eval/report/report.hpp"

namespace zoetrope {

struct report_data {
  const std::vector<stored_result>& cells;
  const arm_table& table;
  std::size_t baseline;
  std::vector<arm_comparison> rows;
  report_options options;

  /// Null for the baseline itself, and where the two share no clip.
  const arm_comparison* row(std::size_t arm, std::size_t measure) const;
};

/// The arm's letter in its colour, which stands for it on the whole page.
std::string arm_letter(std::size_t arm);
/// Letter and label.
std::string arm_name(const report_data& data, std::size_t arm);
/// The arms as the columns of tables that fit a sheet of paper: at most nine each, and before them the
/// baseline where it is not among them.
std::vector<std::vector<std::size_t>> arm_blocks(const report_data& data);
/// The arm has clips that stand still, or moves less than the baseline: what it gains in consistency may be
/// that.
bool needs_caution(const report_data& data, std::size_t arm);
/// A config path; a long one may be broken after a dot.
html_cell path_cell(const std::string& path);
/// A number of number_text.hpp as HTML: a real minus, a dash for what is missing.
std::string typeset(const std::string& number);
/// "▲" for better, …; nothing for unclear.
const char* sign_of(verdict said);
/// `<section id=ID><h2>TITLE</h2>…`
std::string section(const std::string& id, const std::string& title, const std::string& body);

/// What every measure of the tables is, its unit and which way is better.
std::string measures_list(const report_data& data);
/// The arms by letter; page.js dims the others where the mouse rests on one.
std::string legend(const report_data& data);

std::string header_section(const report_data& data);
std::string arms_section(const report_data& data);
/// Of the constants of each arm, those that all arms share.
std::string shared_settings(const report_data& data, const std::vector<config_values>& arms);
std::string clips_section(const report_data& data);
std::string results_section(const report_data& data);
std::string sets_section(const report_data& data);
std::string curves_section(const report_data& data);
std::string tradeoff_section(const report_data& data);
std::string missing_section(const report_data& data);
std::string methods_section(const report_data& data);

}  // namespace zoetrope
