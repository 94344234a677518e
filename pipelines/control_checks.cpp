// See control_checks.hpp.
#include "pipelines/control_checks.hpp"

#include <ATen/ATen.h>

#include <cmath>

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

void check_frames(const controlnet& net, const text_to_video_call& call, const at::Tensor& frames) {
  ZT_CHECK(frames.defined() && frames.dim() == 4, usage, "got a control clip of ",
           frames.defined() ? concat(frames.sizes()) : "nothing",
           ", wanted [frames, channels, height, width]");
  ZT_CHECK(frames.size(0) == call.video_length, usage, "control clip has ", frames.size(0), " frames, ",
           call.video_length, " are asked");
  ZT_CHECK(frames.size(1) == net.conditioning_channels(), usage, "control clip has ", frames.size(1),
           " channels, the net takes ", net.conditioning_channels());
  ZT_CHECK(frames.size(2) == *call.height && frames.size(3) == *call.width, usage, "control clip is ",
           frames.size(3), " x ", frames.size(2), " pixels, ", *call.width, " x ", *call.height,
           " are asked");
  ZT_CHECK(frames.is_floating_point(), usage, "control clip is not floating point in [0, 1]");
  if (frames.is_meta()) return;
  ZT_CHECK(frames.ge(0).logical_and(frames.le(1)).all().item<bool>(), usage,
           "control clip has values outside [0, 1], or that are no numbers");
}

}  // namespace

void check_controls(const text_to_video_model& model, const text_to_video_call& call) {
  for (std::size_t i = 0; i < call.controls.size(); ++i)
    in_context(concat("control ", i), [&] {
      const control& wanted = call.controls[i];
      check_net(model, wanted);
      check_numbers(wanted);
      check_frames(*model.controlnets[wanted.net], call, wanted.frames);
    });
}

}  // namespace zoetrope
