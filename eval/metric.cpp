// The table of metrics, and what all of them share.
#include "eval/metric.hpp"

#include <algorithm>
#include <cmath>

#include "eval/metrics/makers.hpp"

namespace zoetrope {

float_clip to_float(const rgb_frames& clip) {
  check_frames(clip);
  float_clip out{clip.width, clip.height, static_cast<int>(clip.frames.size()), {}};
  out.pixels.reserve(out.frame_values() * clip.frames.size());
  for (const std::vector<uint8_t>& frame : clip.frames)
    for (const uint8_t value : frame) out.pixels.push_back(static_cast<float>(value) / 255.0f);
  return out;
}

void check_clip(const float_clip& clip) {
  ZT_CHECK(clip.width > 0 && clip.height > 0 && clip.frames > 0 &&
               clip.pixels.size() == clip.frame_values() * static_cast<std::size_t>(clip.frames),
           bad_input, "a clip of ", clip.frames, " frames of ", clip.width, " x ", clip.height, " with ",
           clip.pixels.size(), " values");
  for (int frame = 0; frame < clip.frames; ++frame)
    ZT_CHECK(std::all_of(clip.frame(frame), clip.frame(frame) + clip.frame_values(),
                         [](float value) { return std::isfinite(value); }),
             numerical, "frame ", frame, " has values that are not finite (NaN or infinity)");
}

std::string name_of(better direction) {
  return direction == better::higher ? "higher" : direction == better::lower ? "lower" : "neither";
}

std::string name_of(metric_role role) {
  switch (role) {
    case metric_role::consistency:
      return "consistency";
    case metric_role::motion:
      return "motion";
    case metric_role::fidelity:
      return "fidelity";
    case metric_role::adherence:
      return "adherence";
  }
  throw error(error_kind::runtime, "unknown role of a metric");
}

std::string why_unavailable(const metric& measured, const metric_input& input) {
  const metric_needs& needs = measured.needs;
  const int side = std::min(input.clip.width, input.clip.height);
  if (!measured.unavailable.empty()) return measured.unavailable;
  if (needs.reference && !input.reference) return "needs a reference video";
  if (needs.prompt && input.prompt.empty()) return "needs a prompt";
  if (input.clip.frames < needs.frames)
    return concat("needs ", needs.frames, " frames, has ", input.clip.frames);
  if (side < needs.side)
    return concat("needs frames of at least ", needs.side, " x ", needs.side, ", has ", input.clip.width,
                  " x ", input.clip.height);
  return measured.refuses ? measured.refuses(input) : "";
}

registry<metric_maker>& metrics() {
  static registry<metric_maker> table(
      "metric", {{"temporal_flickering", make_temporal_flickering,
                  "VBench's: how little neighbouring frames differ, 1 for a frozen clip"},
                 {"frame_psnr", make_frame_psnr, "peak signal-to-noise ratio of neighbouring frames"},
                 {"motion_amount", make_motion_amount, "mean length of the longest flow vectors"}});
  return table;
}

named_metric make_metric(const config& options, const metric_setup& setup) {
  const std::string type = options.get<std::string>("type");
  named_metric made{metrics().chosen(options, type)(options, setup), type};
  options.expect_all_read();
  return made;
}

}  // namespace zoetrope
