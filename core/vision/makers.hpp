// The makers behind the table of preprocessor.cpp, and what several parts need.
#pragma once

#include "core/vision/preprocessor.hpp"

namespace zoetrope {

preprocessor make_canny(const config& options);
preprocessor make_depth(const config& options);
preprocessor make_scribble(const config& options);

/// Every frame with `change` applied to its pixels' luma, written to all three channels.
template <class Change>
rgb_frames grey_frames(rgb_frames clip, Change&& change) {
  for (std::vector<uint8_t>& frame : clip.frames)
    for (std::size_t i = 0; i + 2 < frame.size(); i += 3)
      frame[i] = frame[i + 1] = frame[i + 2] = change(luma(&frame[i]));
  return clip;
}

}  // namespace zoetrope
