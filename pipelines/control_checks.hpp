// What a call says about its ControlNets, checked before any heavy work.
#pragma once

#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// error{usage} for a control that cannot be run: its net, frames, window, scale. Width and height of the
/// call are given.
void check_controls(const text_to_video_model& model, const text_to_video_call& call);

}  // namespace zoetrope
