// What a call says about its source video, and any clip that it is given, checked before any heavy work.
#pragma once

#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// error{usage} for a clip that is not f c h w of floating-point numbers in [0, 1], of `channels` and of the
/// call's length and size. `what` names it.
void check_clip(const char* what, const at::Tensor& clip, int64_t channels, const text_to_video_call& call);

/// error{usage} for a source that cannot be run: frames, mask, strength, or other fields of the call that
/// exclude it. Width and height of the call are given.
void check_source(const text_to_video_call& call);

/// How many of `steps` steps are left out at the start: diffusers' steps - int(steps * strength).
/// error{usage} if that is all of them, with the least strength that works.
int64_t steps_left_out(int64_t steps, double strength);

}  // namespace zoetrope
