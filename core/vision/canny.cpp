// Edges: Canny 1986, "A Computational Approach to Edge Detection", by OpenCV. Of an RGB picture each pixel
// takes the channel with the strongest gradient, as in diffusers' examples (cv2.Canny(image, 100, 200) on the
// RGB array).
#include <opencv2/imgproc.hpp>

#include "core/vision/makers.hpp"

namespace zoetrope {
namespace {

struct canny_options {
  double low_threshold = 100;   // edges go on while the gradient is above it …
  double high_threshold = 200;  // … and start where it is above this
};

canny_options read_options(const config& options) {
  canny_options read;
  read.low_threshold = options.get("low_threshold", read.low_threshold);
  read.high_threshold = options.get("high_threshold", read.high_threshold);
  if (!(read.low_threshold >= 0 && read.low_threshold <= read.high_threshold))
    throw options.fail(concat("low_threshold ", read.low_threshold, " and high_threshold ",
                              read.high_threshold, ": wanted 0 <= low <= high"));
  return read;
}

void draw_edges(std::vector<uint8_t>& frame, int width, int height, const canny_options& options) {
  const cv::Mat picture(height, width, CV_8UC3, frame.data());
  cv::Mat edges;
  cv::Canny(picture, edges, options.low_threshold, options.high_threshold);
  for (std::size_t i = 0; i < frame.size(); ++i) frame[i] = edges.data[i / 3];
}

}  // namespace

preprocessor make_canny(const config& options) {
  return [read = read_options(options)](rgb_frames clip) {
    for (std::vector<uint8_t>& frame : clip.frames) draw_edges(frame, clip.width, clip.height, read);
    return clip;
  };
}

}  // namespace zoetrope
