// Clips of all arms side by side, a set for each prompt and seed; page.js plays the chosen set in step.
#include <algorithm>
#include <cmath>

#include "eval/number_text.hpp"
#include "eval/report/clip_sheet.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

constexpr int shown_side = 160;  // small frames are enlarged by a whole factor to about this many pixels

std::string screen(const clip_sheet& sheet) {
  const int factor = std::max(1, shown_side / std::max(sheet.width, sheet.height));
  return concat("<div class=\"screen", factor > 1 ? " pixelated" : "", "\" data-frames=", sheet.frames,
                " data-columns=", sheet.columns, " data-rows=", sheet.rows,
                " style=\"--columns:", sheet.columns, ";--width:", sheet.width * factor,
                "px;--ratio:", sheet.width, "/", sheet.height, "\"><img alt=\"\" src=\"", sheet.data_uri,
                "\"></div>");
}

std::string empty_screen(const std::string& why) {
  return "<div class=\"screen empty\"><p>" + why + "</p></div>";
}

std::string picture(const report_data& data, std::size_t arm, std::size_t clip) {
  const auto cells = data.table.cells(arm, clip);
  if (cells.empty()) return empty_screen("not run");
  const auto kept = std::find_if(cells.begin(), cells.end(), [](auto* stored) { return stored->has_frames; });
  if (kept != cells.end())
    return screen(in_context((*kept)->place(),
                             [&] { return make_clip_sheet(read_frames(**kept), data.options.clip_side); }));
  return empty_screen(cells.front()->cell.failed() ? "failed: " + isolated(cells.front()->cell.error)
                                                   : "no frames kept");
}

std::string caption(const report_data& data, std::size_t arm, std::size_t clip) {
  std::string text = arm_name(data, arm);
  const std::size_t motion = motion_measure(data.table.measures());
  if (motion == data.table.measures().size()) return text;
  const double amount = data.table.value(arm, motion, clip);
  if (std::isnan(amount)) return text;
  return text + "<small>motion " + shown_number(amount) + " px" +
         (amount < still_below ? " <em class=still>stands still</em>" : "") + "</small>";
}

bool has_frames(const report_data& data, std::size_t clip) {
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    for (const stored_result* stored : data.table.cells(arm, clip))
      if (stored->has_frames) return true;
  return false;
}

std::string clip_set(const report_data& data, std::size_t clip) {
  const clip_key& key = data.table.clips()[clip];
  std::string set = concat("<div class=clip-set data-clip=", clip, "><p class=prompt>", isolated(key.prompt),
                           " <small>seed ", key.seed, "</small></p>\n");
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    set += "<figure>" + picture(data, arm, clip) + "<figcaption>" + caption(data, arm, clip) +
           "</figcaption></figure>\n";
  return set + "</div>\n";
}

double number_at(const json& config, const char* pointer) {
  const json::json_pointer where(pointer);
  return config.contains(where) && config.at(where).is_number() ? config.at(where).get<double>() : 0;
}

// Frames a second as the config tells them, or 8.
double frame_rate(const report_data& data, std::size_t clip) {
  for (std::size_t arm = 0; arm < data.table.arms().size(); ++arm)
    for (const stored_result* stored : data.table.cells(arm, clip)) {
      const double frames = number_at(stored->cell.config, "/generation/video_length"),
                   milliseconds = number_at(stored->cell.config, "/generation/video_duration");
      if (frames > 0 && milliseconds > 0)
        return std::clamp(std::round(frames * 1000 / milliseconds), 1.0, 60.0);
    }
  return 8;
}

std::string controls(const report_data& data, const std::vector<std::size_t>& shown) {
  std::string options;
  for (const std::size_t clip : shown) {
    const clip_key& key = data.table.clips()[clip];
    options += concat("<option value=", clip, ">", escaped(printable(key.prompt, 110)), " · seed ", key.seed,
                      "</option>");
  }
  return concat(
      "<div class=controls><label>Clip <select id=clip>", options,
      "</select></label><button id=play type=button>Pause</button><label>Frame <input id=frame type=range "
      "min=0 value=0 step=1></label><output id=frame-number></output><label>Frames a second <input id=rate "
      "type=number min=1 max=60 step=1 value=",
      frame_rate(data, shown.front()),
      "></label><label><input id=strip type=checkbox> All frames</label></div>\n");
}

}  // namespace

std::string clips_section(const report_data& data) {
  if (data.options.clip_side == 0) return "";
  std::vector<std::size_t> shown;
  for (std::size_t clip = 0; clip < data.table.clips().size(); ++clip)
    if (has_frames(data, clip)) shown.push_back(clip);
  if (shown.empty()) return "";
  std::string body = controls(data, shown);
  for (const std::size_t clip : shown) body += clip_set(data, clip);
  return section("clips", "Clips", body);
}

}  // namespace zoetrope
