// The table of metrics, and what all of them share.
#include "eval/metric.hpp"

#include <algorithm>
#include <cmath>

#include "eval/metrics/makers.hpp"

namespace zoetrope {

void check_finite(const float_clip& clip) {
  check_clip(clip);
  for (int frame = 0; frame < clip.frames; ++frame)
    ZT_CHECK(std::all_of(frame_of(clip, frame), frame_of(clip, frame) + frame_size(clip),
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
  if (needs.reference && !input.reference) return input.no_reference;
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
      "metric",
      {{"motion_amount", make_motion_amount, "how much moves: mean length of the longest flow vectors"},
       {"temporal_flickering", make_temporal_flickering,
        "VBench's: how little neighbouring frames differ, 1 for a frozen clip"},
       {"frame_psnr", make_frame_psnr, "peak signal-to-noise ratio of neighbouring frames"},
       {"frame_ssim", make_frame_ssim, "structural similarity of neighbouring frames"},
       {"lag_similarity", make_lag_similarity, "structural similarity over frame distance, near to far"},
       {"warp_error", make_warp_error,
        "what the flow from frame to frame does not explain, occlusions left out"},
       {"flow_smoothness", make_flow_smoothness, "how much the flow changes along itself"},
       {"interpolation_residual", make_interpolation_residual,
        "what odd frames hold beyond the middle of their neighbours"},
       {"flicker_spectrum", make_flicker_spectrum, "energy of brightness over temporal frequencies"},
       {"colour_drift", make_colour_drift, "distance of the colours from those of the first frame"},
       {"psnr", make_psnr, "peak signal-to-noise ratio against a reference video"},
       {"ssim", make_ssim, "structural similarity to a reference video"},
       {"tof", make_tof, "distance of the flow from that of a reference video"},
       {"prompt_adherence", make_prompt_adherence,
        "moving shapes: whether the clip shows what the prompt asks for"},
       {"trajectory_error", make_trajectory_error,
        "moving shapes: distance of the objects from a clean path"}});
  return table;
}

named_metric make_metric(const config& options, const metric_setup& setup) {
  const std::string type = options.get<std::string>("type");
  named_metric made{metrics().chosen(options, type)(options, setup), type};
  options.expect_all_read();
  return made;
}

}  // namespace zoetrope
