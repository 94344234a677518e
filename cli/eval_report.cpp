// See eval_report.hpp.
#include "cli/eval_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "eval/csv.hpp"

namespace zoetrope {

namespace {

std::string number(double value) {
  if (std::isnan(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string left(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 1), ' ');
  return text;
}
std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : " " + text;
}

constexpr std::size_t name_width = 24, unit_width = 19, cell_width = 11;

std::string row(const std::string& name, const std::string& unit, const std::string& direction,
                const std::vector<std::string>& cells) {
  std::string line = left(name, name_width) + left(unit, unit_width) + left(direction, 8);
  for (const std::string& cell : cells) line += right(cell, cell_width);
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

// The end of a long name, for that is where clips of one run differ.
std::string heading_of(const evaluated_clip& clip) {
  const std::size_t most = cell_width - 1 - clip.scores.still;
  const std::string name = printable(clip.name);
  return (name.size() > most ? name.substr(name.size() - most) : name) + (clip.scores.still ? "*" : "");
}

// Metric and reason -> how many clips lack it.
std::map<std::pair<std::string, std::string>, std::size_t> reasons_of(const evaluation& result) {
  std::map<std::pair<std::string, std::string>, std::size_t> reasons;
  for (const evaluated_clip& clip : result.clips)
    for (const auto& reason : clip.scores.unavailable) ++reasons[reason];
  return reasons;
}

void add_block(std::vector<std::string>& lines, const evaluation& result, std::size_t first,
               std::size_t end) {
  const bool with_means = first == 0;
  std::vector<std::string> headings;
  if (with_means) headings = {"mean", "moving"};
  for (std::size_t i = first; i < end; ++i) headings.push_back(heading_of(result.clips[i]));
  lines.push_back(row("metric", "unit", "better", headings));
  for (const metric_summary& summary : summaries_of(result.clips)) {
    std::vector<std::string> cells;
    if (with_means) cells = {number(summary.mean), number(summary.mean_of_moving)};
    for (std::size_t i = first; i < end; ++i) {
      const metric_values* value = result.clips[i].scores.find(summary.name);
      cells.push_back(value ? number(value->per_video) : "-");
    }
    lines.push_back(row(summary.name, summary.unit, name_of(summary.direction), cells));
  }
}

json to_json(const metric_values& value) {
  json tree{{"unit", value.unit}, {"better", name_of(value.direction)}, {"per_video", value.per_video}};
  if (!value.per_pair.empty()) tree["per_pair"] = value.per_pair;
  if (!value.curves.empty()) tree["curves"] = value.curves;
  return tree;
}

json to_json(const evaluated_clip& clip) {
  json measured = json::object();
  for (const metric_values& value : clip.scores.values) measured[value.name] = to_json(value);
  return {{"clip", clip.name},          {"prompt", clip.prompt}, {"width", clip.width},
          {"height", clip.height},      {"frames", clip.frames}, {"fps", clip.fps},
          {"still", clip.scores.still}, {"metrics", measured},   {"unavailable", clip.scores.unavailable}};
}

std::string line_of(const std::string& clip, const metric_values& value, const std::string& still) {
  return csv_line(
      {clip, value.name, value.unit, name_of(value.direction), csv_number(value.per_video), still, ""});
}
std::string line_of(const std::string& clip, const std::string& metric, const std::string& still,
                    const std::string& reason) {
  return csv_line({clip, metric, "", "", "", still, reason});
}

}  // namespace

std::vector<std::string> as_table(const evaluation& result, std::size_t clips_in_a_block) {
  std::vector<std::string> lines;
  for (std::size_t first = 0; first < result.clips.size(); first += clips_in_a_block) {
    if (first) lines.push_back("");
    add_block(lines, result, first, std::min(first + clips_in_a_block, result.clips.size()));
  }
  for (const metric_values& value : result.set_values)
    lines.push_back(row(value.name, value.unit, name_of(value.direction), {number(value.per_video)}) +
                    concat("   of ", value.curves.at("clips").front(), " clips against ",
                           value.curves.at("reference_clips").front()));
  for (const auto& [reason, clips] : reasons_of(result))
    lines.push_back(
        left(reason.first, name_width) + "unavailable" +
        (clips < result.clips.size() ? concat(" for ", clips, " of ", result.clips.size(), " clips") : "") +
        ": " + reason.second);
  for (const auto& [name, reason] : result.unavailable_sets)
    lines.push_back(left(name, name_width) + "unavailable: " + reason);
  if (std::any_of(result.clips.begin(), result.clips.end(),
                  [](const auto& clip) { return clip.scores.still; }))
    lines.push_back(concat("* still: moves less than ", metric_suite::still_below,
                           " px a frame at a side of 256. Its consistency is no merit and not in `moving`."));
  return lines;
}

json to_json(const evaluation& result) {
  json clips = json::array(), summary = json::object(), sets = json::object();
  for (const evaluated_clip& clip : result.clips) clips.push_back(to_json(clip));
  for (const metric_summary& one : summaries_of(result.clips))
    summary[one.name] = {{"unit", one.unit},
                         {"better", name_of(one.direction)},
                         {"mean", one.mean},
                         {"mean_of_moving", one.mean_of_moving},
                         {"clips", one.clips}};
  for (const metric_values& value : result.set_values) sets[value.name] = to_json(value);
  return {{"clips", clips},
          {"summary", summary},
          {"sets", sets},
          {"unavailable_sets", result.unavailable_sets},
          {"still_below", metric_suite::still_below}};
}

std::string to_csv(const evaluation& result) {
  std::string text = csv_line({"clip", "metric", "unit", "better", "value", "still", "unavailable"});
  for (const evaluated_clip& clip : result.clips) {
    const std::string still = clip.scores.still ? "true" : "false";
    for (const metric_values& value : clip.scores.values) text += line_of(clip.name, value, still);
    for (const auto& [name, reason] : clip.scores.unavailable)
      text += line_of(clip.name, name, still, reason);
  }
  for (const metric_values& value : result.set_values) text += line_of("(all)", value, "");
  for (const auto& [name, reason] : result.unavailable_sets) text += line_of("(all)", name, "", reason);
  return text;
}

}  // namespace zoetrope
