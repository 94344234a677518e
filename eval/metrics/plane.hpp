// One channel of a frame, or its luma, as doubles: what window statistics are computed on.
#pragma once

#include <vector>

#include "eval/metric.hpp"

namespace zoetrope {

struct plane {
  int width = 0, height = 0;
  std::vector<double> values;  ///< h w

  double* row(int y) { return values.data() + static_cast<std::size_t>(y) * width; }
  const double* row(int y) const { return values.data() + static_cast<std::size_t>(y) * width; }
};

plane channel_of(const float_clip& clip, int frame, int channel);
/// 0.299 R + 0.587 G + 0.114 B (ITU-R 601).
plane luma_of(const float_clip& clip, int frame);

}  // namespace zoetrope
