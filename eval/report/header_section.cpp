// The page's head: what was run, on what, by which command, and what a reader must know before the numbers.
#include <algorithm>
#include <set>

#include "core/byte_size.hpp"
#include "core/names.hpp"
#include "eval/arm_label.hpp"
#include "eval/cell_versions.hpp"
#include "eval/number_text.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

template <class Of>
std::set<std::string> distinct(const arm_table& table, Of&& of) {
  std::set<std::string> values;
  for (const arm& one : table.arms())
    for (const stored_result* stored : one.cells)
      if (const std::string value = of(stored->cell); !value.empty()) values.insert(value);
  return values;
}

void fact(std::string& list, const std::string& name, const std::set<std::string>& values) {
  if (values.empty()) return;
  list += "<dt>" + name + "</dt><dd>";
  for (const std::string& value : values) list += "<div>" + isolated(value) + "</div>";
  list += "</dd>\n";
}

std::string version(const std::string& name, const json& value) {
  if (name == "memory_bytes" && value.is_number()) return "memory " + readable_bytes(value.get<double>());
  return concat(name, " ", shown_value(value));
}

std::string versions_of(const json& versions) {
  std::string text;
  if (versions.is_object())
    for (const auto& [name, value] : versions.items())
      if (name != "scheduler")  // an arm's own
        text += concat(text.empty() ? "" : " · ", version(name, value));
  return text;
}

std::string times_of(const arm_table& table) {
  const auto begun = distinct(table, [](const result& cell) { return cell.started; });
  const auto ended = distinct(table, [](const result& cell) { return cell.finished; });
  return begun.empty() || ended.empty() ? "" : *begun.begin() + " to " + *ended.rbegin();
}

std::string facts(const arm_table& table) {
  std::string list;
  fact(list, "Device", distinct(table, [](const result& cell) {
         return concat(
             cell.device,
             cell.threads > 0 ? concat(", ", counted(static_cast<std::size_t>(cell.threads), "thread")) : "");
       }));
  fact(list, "Driver", distinct(table, [](const result& cell) { return cell.driver; }));
  fact(list, "Versions", distinct(table, [](const result& cell) { return versions_of(cell.versions); }));
  fact(list, "Revision", distinct(table, [](const result& cell) {
         return cell.git_revision + (cell.git_dirty ? " with local changes" : "");
       }));
  fact(list, "Command", distinct(table, [](const result& cell) { return cell.command; }));
  fact(list, "Run", {times_of(table)});
  return "<dl class=facts>\n" + list + "</dl>\n";
}

std::size_t failed_cells(const arm_table& table) {
  std::size_t count = 0;
  for (const arm& one : table.arms())
    count +=
        std::count_if(one.cells.begin(), one.cells.end(), [](auto* stored) { return stored->cell.failed(); });
  return count;
}

std::string counts(const arm_table& table) {
  std::set<std::string> prompts;
  std::size_t cells = 0;
  for (const clip_key& clip : table.clips()) prompts.insert(clip.prompt);
  for (const arm& one : table.arms()) cells += one.cells.size();
  const std::size_t failed = failed_cells(table);
  return counted(table.arms().size(), "arm") + " · " + counted(prompts.size(), "prompt") + " · " +
         counted(table.clips().size(), "clip") + " an arm · " + counted(cells, "cell") +
         (failed > 0 ? concat(" · <a href=#missing>", failed, " failed</a>") : "");
}

void caution(std::string& list, bool holds, const std::string& text) {
  if (holds) list += "<li>" + text + "</li>\n";
}

// "A: unet_step, vae; B: unet_step"
std::string throttled_parts(const report_data& data) {
  std::string text;
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm) {
    std::set<std::string> parts;
    for (const stored_result* stored : data.table.arms()[arm].cells)
      for (const auto& [part, samples] : stored->cell.speed)
        if (samples.throttled) parts.insert(isolated(part));
    if (!parts.empty())
      text += concat(text.empty() ? "" : "; ", arm_letter(arm), ": ", joined({parts.begin(), parts.end()}));
  }
  return text;
}

std::string cautions(const report_data& data) {
  const arm_table& table = data.table;
  std::string list;
  caution(list, distinct(table, [](const result& cell) { return cell.device; }).size() > 1,
          "The cells ran on different machines: their times and memory are no comparison of arms.");
  const std::string throttled = throttled_parts(data);
  caution(list, !throttled.empty(),
          concat("The machine slowed down while these times were taken: ", throttled, "."));
  caution(list, distinct(table, [](const result& cell) { return cell.git_revision; }).size() > 1,
          "The cells were made by different revisions of the program.");
  const std::string mixed = told_mixed(data.cells);
  caution(list, !mixed.empty(), isolated(mixed) + ".");
  std::size_t tests = 0, pairs = 0;
  for (const arm_comparison& row : data.rows)
    if (table.measures()[row.measure].of == measure::metric) ++tests, pairs = std::max(pairs, row.pairs);
  const double least = std::min(1.0, least_sign_flip_p(pairs) * static_cast<double>(tests));
  caution(list, tests > 0 && least > 1 - data.options.how.level,
          concat("Too few pairs: with ", counted(pairs, "pair"), " and ", counted(tests, "test"),
                 " no adjusted p can fall below ", typeset(shown_p(least)), ", whatever the arms do."));
  for (std::size_t arm = 0; arm < table.arms().size(); ++arm) {
    const still_clips count = count_still(table, arm);
    caution(list, count.still > 0,
            concat(count.still, " of ", counted(count.known, "clip"), " of ", arm_name(data, arm),
                   count.still == 1 ? " stands" : " stand", " still (motion below ", still_below,
                   " px a frame at 256): what is consistent in them is no merit."));
    if (const arm_comparison* row = moves_less(table, data.rows, arm))
      caution(list, true,
              concat(arm_name(data, arm), " moves less than the baseline (", shown_number(row->mean),
                     " against ", shown_number(row->baseline_mean),
                     " px a frame at 256): what it gains in consistency may be that."));
  }
  return list.empty() ? "" : "<ul class=cautions>\n" + list + "</ul>\n";
}

}  // namespace

std::string header_section(const report_data& data) {
  std::set<std::string> experiments;
  for (const arm& one : data.table.arms()) experiments.insert(one.experiment);
  std::string title;
  for (const std::string& name : experiments) title += (title.empty() ? "" : ", ") + isolated(name);
  return "<header><h1>" + title + "</h1>\n<p class=counts>" + counts(data.table) + "</p>\n" + cautions(data) +
         facts(data.table) + "</header>\n";
}

}  // namespace zoetrope
