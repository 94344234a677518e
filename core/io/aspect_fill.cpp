// See aspect_fill.hpp.
#include "core/io/aspect_fill.hpp"

#include <cmath>

namespace zoetrope {
namespace {

// Half to even, as Python's round does in the default rounding mode.
int rounded(double value) { return static_cast<int>(std::nearbyint(value)); }

}  // namespace

rgb_image aspect_fill(const rgb_image& image, int width, int height, resample_filter filter) {
  check_image(image.width, image.height, image.pixels.size(), "the picture to resize");
  const double ratio_width = static_cast<double>(width) / image.width;
  const double ratio_height = static_cast<double>(height) / image.height;
  const bool width_decides = ratio_width > ratio_height;
  const int full_width = width_decides ? width : rounded(image.width * ratio_height);
  const int full_height = width_decides ? rounded(image.height * ratio_width) : height;
  const pixel_window centre{rounded((full_width - width) / 2.0), rounded((full_height - height) / 2.0), width,
                            height};
  return resample(image, full_width, full_height, filter, centre);
}

rgb_frames aspect_fill(const rgb_frames& clip, int width, int height, resample_filter first_frame) {
  rgb_frames out{width, height, {}};
  for (const std::vector<uint8_t>& frame : clip.frames)
    out.frames.push_back(aspect_fill(rgb_image{clip.width, clip.height, frame}, width, height,
                                     out.frames.empty() ? first_frame : resample_filter::lanczos)
                             .pixels);
  return out;
}

}  // namespace zoetrope
