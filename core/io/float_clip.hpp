// A clip as numbers: what is drawn, judged and measured, before or after it is bytes.
#pragma once

#include <vector>

#include "core/io/video.hpp"

namespace zoetrope {

/// RGB in [0, 1]; frames height width 3, rows from the top.
struct float_clip {
  int width = 0, height = 0, frames = 0;
  std::vector<float> pixels;
};

/// error{usage} unless there is a frame and `pixels` has the size that is told.
void check_clip(const float_clip& clip);

/// Bytes over 255; error{usage} as check_frames().
float_clip to_float(const rgb_frames& clip);
/// Values outside of [0, 1] are clamped, NaN is 0; rounded to the nearest byte. error{usage} as check_clip().
rgb_frames to_rgb(const float_clip& clip);

}  // namespace zoetrope
