// See control_checks.hpp.
#include "pipelines/control_checks.hpp"

#include <cmath>

#include "pipelines/source_checks.hpp"

namespace zoetrope {

namespace {

void check_net(const text_to_video_model& model, const control& wanted) {
  ZT_CHECK(wanted.net < model.controlnets.size() && model.controlnets[wanted.net], usage, "net ", wanted.net,
           " is asked, the model was loaded with ", model.controlnets.size(), " ControlNets");
}

void check_numbers(const control& wanted) {
  ZT_CHECK(std::isfinite(wanted.scale), usage, "scale is not a finite number");
  ZT_CHECK(wanted.start >= 0 && wanted.end <= 1 && wanted.start <= wanted.end, usage, "start ", wanted.start,
           " and end ", wanted.end, ": wanted 0 <= start <= end <= 1");
}

}  // namespace

void check_controls(const text_to_video_model& model, const text_to_video_call& call) {
  for (std::size_t i = 0; i < call.controls.size(); ++i)
    in_context(concat("control ", i), [&] {
      const control& wanted = call.controls[i];
      check_net(model, wanted);
      check_numbers(wanted);
      check_clip("control clip", wanted.frames, model.controlnets[wanted.net]->conditioning_channels(), call);
    });
}

}  // namespace zoetrope
