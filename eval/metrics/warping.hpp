// A field of shifts, pictures moved along it, and which of its pixels can be believed.
#pragma once

#include <cstdint>
#include <vector>

namespace zoetrope {

struct flow_field {
  int width = 0, height = 0;
  std::vector<float> shifts;  ///< h w 2: x, y in pixels

  flow_field() = default;
  flow_field(int columns, int rows) : width(columns), height(rows), shifts(std::size_t{2} * columns * rows) {}
  /// x and y of one pixel's shift.
  const float* at(int y, int x) const { return shifts.data() + 2 * (std::size_t{1} * y * width + x); }
};

/// The picture (h w c) at x + scale * flow(x), bilinear; outside is its border.
std::vector<float> warped(const float* picture, int channels, const flow_field& flow, double scale = 1);

/// 1 where the flow can be followed, h w: its end is inside the frame, the way back leads home
/// (|f + b|^2 < 0.01 (|f|^2 + |b|^2) + 0.5, b at the end of f), and it is not at a motion boundary
/// (|grad u|^2 + |grad v|^2 <= 0.01 |f|^2 + 0.002). Sundaram et al. 2010, as Ruder et al. 2016 and Lai et al.
/// 2018 use it.
std::vector<uint8_t> visible_pixels(const flow_field& forward, const flow_field& backward);

}  // namespace zoetrope
