// Which frames of a clip are trained on: `frames` of them, evenly spaced by a stride or by a rate, in one
// window of the clip or in as many as fit behind each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

enum class window_choice {
  middle,  ///< one window, as far from the clip's start as from its end
  first,   ///< one window at the start
  every    ///< windows behind each other from the start, without overlap, as many as fit
};

struct frame_sampling {
  std::optional<int64_t> frames;  ///< none: all that the clip has, in one window
  int64_t stride = 1;             ///< every stride-th frame, of the clip or, where fps is given, at that rate
  std::optional<double> fps;      ///< frames a second; none: the clip's own
  std::optional<double> source_fps;  ///< what the clip plays at; none: as its file says
  double start = 0;                  ///< seconds; what lies before is not looked at
  window_choice window = window_choice::middle;
};

/// `defaults` with what `options` says: stride, fps, source_fps, start, window ("middle", …); not `frames`.
/// error{bad_input} for values out of range.
frame_sampling read_frame_sampling(const config& options, frame_sampling defaults);

/// Rising indices of frames, one list a window, at least one list. `frame_ms`: how long each frame of the
/// clip lasts, 0 where the file does not tell. With fps, a window holds the frames that begin nearest to its
/// times. error{bad_input} says what the clip lacks: frames, a rate as high as is asked, times.
std::vector<std::vector<std::size_t>> sampled_windows(const std::vector<double>& frame_ms,
                                                      const frame_sampling& sampling);

}  // namespace zoetrope
