// See warping.hpp.
#include "eval/metrics/warping.hpp"

#include <algorithm>

namespace zoetrope {

std::vector<float> warped(const float* picture, int channels, const flow_field& flow, double scale) {
  const int width = flow.width, height = flow.height;
  std::vector<float> out(static_cast<std::size_t>(channels) * width * height);
  float* to = out.data();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const float* shift = flow.at(y, x);
      const double at_x = std::clamp(x + scale * static_cast<double>(shift[0]), 0.0, width - 1.0);
      const double at_y = std::clamp(y + scale * static_cast<double>(shift[1]), 0.0, height - 1.0);
      const int left = static_cast<int>(at_x), top = static_cast<int>(at_y);
      const int right = std::min(left + 1, width - 1), bottom = std::min(top + 1, height - 1);
      const double u = at_x - left, v = at_y - top;
      const auto pixel = [&](int py, int px) {
        return picture + (static_cast<std::size_t>(py) * width + px) * channels;
      };
      const float *a = pixel(top, left), *b = pixel(top, right), *c = pixel(bottom, left),
                  *d = pixel(bottom, right);
      for (int channel = 0; channel < channels; ++channel, ++to)
        *to = static_cast<float>((1 - v) * ((1 - u) * a[channel] + u * b[channel]) +
                                 v * ((1 - u) * c[channel] + u * d[channel]));
    }
  return out;
}

namespace {

double squared(double x, double y) { return x * x + y * y; }
double squared_difference(const float* a, const float* b) {
  return squared(static_cast<double>(a[0]) - b[0], static_cast<double>(a[1]) - b[1]);
}

// |grad u|^2 + |grad v|^2 by differences to the right and below.
double boundary_strength(const flow_field& flow, int y, int x) {
  return squared_difference(flow.at(y, std::min(x + 1, flow.width - 1)), flow.at(y, x)) +
         squared_difference(flow.at(std::min(y + 1, flow.height - 1), x), flow.at(y, x));
}

}  // namespace

std::vector<uint8_t> visible_pixels(const flow_field& forward, const flow_field& backward) {
  const std::vector<float> way_back = warped(backward.shifts.data(), 2, forward);
  std::vector<uint8_t> visible(static_cast<std::size_t>(forward.width) * forward.height);
  for (int y = 0, i = 0; y < forward.height; ++y)
    for (int x = 0; x < forward.width; ++x, ++i) {
      const double fx = forward.at(y, x)[0], fy = forward.at(y, x)[1];
      const double bx = way_back[2 * i], by = way_back[2 * i + 1];
      const bool inside =
          x + fx >= 0 && y + fy >= 0 && x + fx <= forward.width - 1 && y + fy <= forward.height - 1;
      const bool leads_home = squared(fx + bx, fy + by) < 0.01 * (squared(fx, fy) + squared(bx, by)) + 0.5;
      const bool boundary = boundary_strength(forward, y, x) > 0.01 * squared(fx, fy) + 0.002;
      visible[i] = inside && leads_home && !boundary;
    }
  return visible;
}

}  // namespace zoetrope
