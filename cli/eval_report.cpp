// See eval_report.hpp.
#include "cli/eval_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/text_table.hpp"
#include "eval/csv.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

std::string number(double value) {
  if (std::isnan(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// The end of a long name, for that is where clips of one run differ.
std::string heading_of(const evaluated_clip& clip) {
  const std::size_t most = std::size_t{10} - clip.scores.still;
  std::string name = printable(clip.name);
  if (name.size() > most) {
    name.erase(0, name.size() - (most - 1));
    while ((static_cast<unsigned char>(name[0]) & 0xC0) == 0x80) name.erase(0, 1);  // of a letter cut in two
    name.insert(0, "…");
  }
  return name + (clip.scores.still ? "*" : "");
}

// Metric and reason -> how many clips lack it.
std::map<std::pair<std::string, std::string>, std::size_t> reasons_of(const evaluation& result) {
  std::map<std::pair<std::string, std::string>, std::size_t> reasons;
  for (const evaluated_clip& clip : result.clips)
    for (const auto& reason : clip.scores.unavailable) ++reasons[reason];
  return reasons;
}

void append(std::vector<std::string>& lines, const text_table& table) {
  const std::vector<std::string> more = table.lines();
  lines.insert(lines.end(), more.begin(), more.end());
}

text_table block_of(const evaluation& result, std::size_t first, std::size_t end) {
  const bool with_means = first == 0;
  std::vector<std::string> head{"metric", "unit", "better"};
  if (with_means) head.insert(head.end(), {">mean", ">moving"});
  for (std::size_t i = first; i < end; ++i) head.push_back(">" + heading_of(result.clips[i]));
  text_table table(head);
  for (const metric_summary& summary : summaries_of(result.clips)) {
    std::vector<std::string> cells{summary.name, summary.unit, name_of(summary.direction)};
    if (with_means) cells.insert(cells.end(), {number(summary.mean), number(summary.mean_of_moving)});
    for (std::size_t i = first; i < end; ++i) {
      const metric_values* value = result.clips[i].scores.find(summary.name);
      cells.push_back(value ? number(value->per_video) : "-");
    }
    table.row(cells);
  }
  return table;
}

text_table sets_of(const evaluation& result) {
  text_table table({"metric of sets", "unit", "better", ">value", ">clips", ">references"});
  for (const metric_values& value : result.set_values)
    table.row({value.name, value.unit, name_of(value.direction), number(value.per_video),
               concat(value.curves.at("clips").front()), concat(value.curves.at("reference_clips").front())});
  return table;
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
  const std::size_t shown = std::min(result.clips.size(), 4 * clips_in_a_block);
  for (std::size_t first = 0; first < shown; first += clips_in_a_block) {
    if (first) lines.push_back("");
    append(lines, block_of(result, first, std::min(first + clips_in_a_block, shown)));
  }
  if (shown < result.clips.size())
    lines.push_back(concat("… and ", counted(result.clips.size() - shown, "clip"),
                           " more, which count in the means; --json and --csv have each"));
  if (!result.set_values.empty()) append(lines, sets_of(result));
  for (const auto& [reason, clips] : reasons_of(result))
    lines.push_back(concat(
        reason.first, " unavailable",
        clips < result.clips.size() ? concat(" for ", clips, " of ", result.clips.size(), " clips") : "",
        ": ", reason.second));
  for (const auto& [name, reason] : result.unavailable_sets)
    lines.push_back(concat(name, " unavailable: ", reason));
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
