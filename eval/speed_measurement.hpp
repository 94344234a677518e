// How fast a generation is, part by part: whole clips are made until the UNet's step is known well enough.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "eval/noise_criterion.hpp"
#include "eval/result_file.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// Raw samples in seconds of: "text" (the encoders, a clip), "controlnets" (all, a step), "unet_step", "step"
/// (the UNet, ControlNets, guidance and scheduler), "vae" (decoding, a clip), "clip" (all of it); and in one
/// further clip, for looking costs time, "unet_KIND" a step (part_clock.hpp). Clips per minute are 60 / the
/// median of "clip". At least one clip is timed, whatever the timeout. The model should have run before: its
/// first clip is slower. error{interrupted} once `goes_on` says no.
std::map<std::string, speed_result> measure_speed(const text_to_video_model& model,
                                                  const text_to_video_call& call,
                                                  const noise_options& options,
                                                  const std::function<bool()>& goes_on);

}  // namespace zoetrope
