// The arithmetic of VBench's temporal_flickering (Huang et al. 2024, vbench/temporal_flickering.py).
#pragma once

#include <cstdint>
#include <vector>

#include "eval/metric.hpp"

namespace zoetrope {

/// mean |f_i - f_{i+1}| of neighbouring frames in 8-bit values, each over all pixels and channels.
std::vector<double> mean_absolute_differences(const std::vector<std::vector<uint8_t>>& frames,
                                              int threads = 1);
/// (255 - mean of those) / 255
double temporal_flickering(const std::vector<double>& mean_absolute_differences);

}  // namespace zoetrope
