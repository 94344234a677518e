// See experiment_outlook.hpp.
#include "cli/experiment_outlook.hpp"

#include <cstdio>
#include <set>

#include "core/byte_size.hpp"
#include "eval/arm_label.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

std::string with_decimal(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

// As the results will be called.
std::vector<std::string> labels_of(const experiment_cells& all) {
  std::set<std::string> paths;
  for (const auto& [path, value] : all.arms.front().values.items()) paths.insert(path);
  const auto names = axis_names(paths);
  std::vector<std::string> labels;
  for (const experiment_arm& arm : all.arms) labels.push_back(arm_label(arm.values, names));
  return labels;
}

void count_cell(const experiment_file& experiment, const experiment_cell& cell, const run_options& options,
                experiment_outlook& outlook) try {
  arm_outlook& arm = outlook.arms[cell.arm];
  ++arm.cells;
  const cell_state state = state_of(options.folder, cell);
  arm.to_run += state == cell_state::missing || (state == cell_state::failed && options.retry_failed);
  if (state != cell_state::ok) return;
  ++arm.finished;
  for (const std::string& what : unkept(options.folder, cell, experiment.keep)) ++outlook.unkept[what];
} catch (const error& failure) {
  outlook.unreadable.push_back(failure.what());
}

}  // namespace

experiment_outlook outlook_of(const experiment_file& experiment, const experiment_cells& all,
                              const run_options& options) {
  experiment_outlook outlook{experiment.name, options.folder};
  const auto estimates = estimate(experiment, all, options.conditions);
  const auto labels = labels_of(all);
  for (std::size_t i = 0; i < all.arms.size(); ++i)
    outlook.arms.push_back({labels[i], 0, 0, 0, estimates[i]});
  const cell_range range = range_of(options.share, all.cells.size());
  for (std::size_t i = range.first; i < range.last; ++i)
    count_cell(experiment, all.cells[i], options, outlook);
  std::erase_if(outlook.arms, [](const arm_outlook& arm) { return arm.cells == 0; });
  for (const arm_outlook& arm : outlook.arms) {
    outlook.cells += arm.cells;
    outlook.left += arm.to_run;
    outlook.seconds += arm.expected.seconds * static_cast<double>(arm.to_run);
    outlook.peak = std::max(outlook.peak, arm.expected.peak_bytes);
  }
  return outlook;
}

std::vector<std::string> as_lines(const experiment_outlook& outlook) {
  std::vector<std::string> lines;
  for (const arm_outlook& arm : outlook.arms)
    lines.push_back(concat(arm.label, ": ", counted(arm.cells, "cell"), ", ", arm.finished, " finished, ",
                           with_decimal(arm.expected.seconds), " s a cell, ",
                           readable_bytes(static_cast<double>(arm.expected.peak_bytes))));
  lines.push_back(concat(outlook.experiment, ": ", counted(outlook.cells, "cell"), ", ", outlook.left,
                         " to run, about ", with_decimal(outlook.seconds), " s, at most ",
                         readable_bytes(static_cast<double>(outlook.peak)), "; results would go to ",
                         outlook.folder.string()));
  return lines;
}

json to_json(const experiment_outlook& outlook) {
  json rows = json::array();
  for (const arm_outlook& arm : outlook.arms)
    rows.push_back({{"arm", arm.label},
                    {"cells", arm.cells},
                    {"finished", arm.finished},
                    {"seconds_a_cell", arm.expected.seconds},
                    {"step_flops", arm.expected.step_flops},
                    {"planned_peak_bytes", arm.expected.peak_bytes}});
  return {{"experiment", outlook.experiment},
          {"folder", outlook.folder.string()},
          {"arms", rows},
          {"cells", outlook.cells},
          {"left", outlook.left},
          {"unreadable", outlook.unreadable.size()},
          {"seconds_left", outlook.seconds},
          {"planned_peak_bytes", outlook.peak}};
}

}  // namespace zoetrope
