// VBench's verdict whether a clip moves (Huang et al. 2024, dynamic degree), from flows.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace zoetrope {

/// Mean length of the 5 % longest vectors of a flow 1 2 h w (their number rounded down).
double longest_flow(const at::Tensor& flow);

/// Whether enough pairs move: those with more than 6 pixels at a shorter side of 256 are at least round(4 T /
/// 16) of T frames. For 2 frames that is none: any such clip moves.
bool moves(const std::vector<double>& longest, int frames, int shorter_side);

/// Frames between those that are looked at, so that there are about 8 a second: max(1, round(fps / 8)).
int frame_interval(double fps);

}  // namespace zoetrope
