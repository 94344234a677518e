// See export_results.hpp.
#include "eval/export_results.hpp"

#include <set>

#include "core/json_text.hpp"
#include "eval/arm_label.hpp"
#include "eval/csv.hpp"

namespace zoetrope {

namespace {

json to_json(const metric_result& metric) {
  if (!metric.unavailable.empty()) return {{"unavailable", metric.unavailable}};
  return {{"unit", metric.unit},
          {"better", metric.better},
          {"per_video", metric.per_video},
          {"per_pair", metric.per_pair},
          {"curves", metric.curves}};
}

json to_json(const result& cell) {
  json tree{{"experiment", cell.experiment},
            {"config", cell.config},
            {"config_hash", config_hash(cell.config)},
            {"arm", cell.arm},
            {"prompt", cell.prompt},
            {"seed", cell.seed},
            {"repeat", cell.repeat},
            {"git_revision", cell.git_revision},
            {"git_dirty", cell.git_dirty},
            {"command", cell.command},
            {"device", cell.device},
            {"driver", cell.driver},
            {"threads", cell.threads},
            {"versions", cell.versions},
            {"started", cell.started},
            {"finished", cell.finished},
            {"status", cell.status},
            {"frames_sha256", cell.frames_sha256},
            {"latents_sha256", cell.latents_sha256},
            {"memory", cell.memory},
            {"train", cell.train},
            {"metrics", json::object()},
            {"speed", json::object()}};
  if (cell.failed()) tree["error"] = cell.error;
  for (const auto& [name, metric] : cell.metrics) tree["metrics"][name] = to_json(metric);
  for (const auto& [name, part] : cell.speed) {
    tree["speed"][name] = {
        {"seconds", part.seconds}, {"stopped", part.stopped}, {"throttled", part.throttled}};
    if (part.kernels > 0) tree["speed"][name]["kernels"] = part.kernels;
  }
  tree["timeline"] = {{"seconds", cell.timeline.seconds}, {"resident_bytes", cell.timeline.resident_bytes}};
  if (!cell.timeline.device_bytes.empty()) tree["timeline"]["device_bytes"] = cell.timeline.device_bytes;
  return tree;
}

}  // namespace

std::string results_as_csv(const arm_table& table) {
  std::set<std::string> axes;
  for (const arm& one : table.arms())
    for (const auto& [path, value] : one.axes.items()) axes.insert(path);
  std::vector<std::string> header{"experiment"};
  header.insert(header.end(), axes.begin(), axes.end());
  for (const char* name : {"prompt", "seed", "repeat", "status", "error", "device", "started"})
    header.push_back(name);
  for (const measure& one : table.measures()) header.push_back(one.name);
  std::string text = csv_line(header);
  for (const arm& one : table.arms())
    for (const stored_result* stored : one.cells) {
      const result& cell = stored->cell;
      std::vector<std::string> fields{cell.experiment};
      for (const std::string& path : axes)
        fields.push_back(one.axes.contains(path) ? shown_value(one.axes.at(path)) : "");
      fields.insert(fields.end(), {cell.prompt, std::to_string(cell.seed), std::to_string(cell.repeat),
                                   cell.status, cell.error, cell.device, cell.started});
      for (const measure& measured : table.measures()) fields.push_back(csv_number(value_of(cell, measured)));
      text += csv_line(fields);
    }
  return text;
}

json results_as_json(const arm_table& table) {
  json cells = json::array();
  for (const arm& one : table.arms())
    for (const stored_result* stored : one.cells) cells.push_back(to_json(stored->cell));
  return cells;
}

json to_json(const arm_table& table, std::size_t baseline, const std::vector<arm_comparison>& rows) {
  json list = json::array();
  for (const arm_comparison& row : rows) {
    const measure& measured = table.measures()[row.measure];
    list.push_back({{"arm", table.arms()[row.arm].label},
                    {"measure", measured.name},
                    {"unit", measured.unit},
                    {"better", measured.better},
                    {"pairs", row.pairs},
                    {"mean", row.mean},
                    {"baseline_mean", row.baseline_mean},
                    {"difference", row.difference},
                    {"confidence", {row.confidence.low, row.confidence.high}},
                    {"p", row.p},
                    {"holm_p", row.holm_p},
                    {"dz", row.dz},
                    {"verdict", name_of(row.said)}});
  }
  return {{"baseline", table.arms()[baseline].label}, {"rows", list}};
}

}  // namespace zoetrope
