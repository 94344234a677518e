// Which frames of a clip stand for it: Hotshot-XL's extract_gif_frames_from_midpoint. As many as are wanted,
// evenly spaced, around the middle, as densely as brings what they span nearest to a duration.
#pragma once

#include <cstddef>
#include <vector>

namespace zoetrope {

/// How long a frame lasts: the last time in `frame_ms` that is not 0. Where none is known: 125 ms (8 frames a
/// second) for up to 16 frames, 70 ms for more.
double estimated_frame_ms(const std::vector<double>& frame_ms);

/// Rising indices, `wanted` of them, into `frames` frames of `frame_ms` each. error{bad_input} if there are
/// fewer frames, error{usage} if none is wanted.
std::vector<std::size_t> frames_around_midpoint(std::size_t frames, double frame_ms, std::size_t wanted,
                                                double target_duration_ms);

}  // namespace zoetrope
