// Optical flow between frames of a clip by OpenCV, in pixels, and what metrics take from it. A flow from
// frame a to frame b says where the content of a pixel of a is in b: b(x + flow(x)) = a(x).
//   dis        Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search", preset medium
//   farneback  Farneback 2003, with the numbers that TecoGAN's tOF uses
#pragma once

#include <map>
#include <mutex>
#include <opencv2/core.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "eval/metric.hpp"

namespace zoetrope {

enum class flow_method { dis, farneback };
/// The option "method" (default dis); error{bad_input} for another name.
flow_method read_flow_method(const config& options);

/// The shortest side of a frame that both methods take.
inline constexpr int least_flow_side = 16;

/// Which flows: from frame i to i + gap, for i = 0, gap, 2 gap, …; the other way round where `backward`.
struct flow_request {
  flow_method method = flow_method::dis;
  int gap = 1;
  bool backward = false;
  auto operator<=>(const flow_request&) const = default;
};

/// h w of (x, y) shifts, CV_32FC2.
using flow_fields = std::vector<cv::Mat>;

class flow_cache {
 public:
  /// Computed at the first call with this clip (told by its address) and request.
  const flow_fields& of(const float_clip& clip, const flow_request& request, int threads);

 private:
  std::mutex mutex_;
  std::map<std::pair<const float_clip*, flow_request>, flow_fields> known_;
};

/// The frame as CV_32FC3, without a copy.
cv::Mat picture_of(const float_clip& clip, int frame);
/// `picture` at x + scale * flow(x), bilinear; outside it is its border.
cv::Mat warped(const cv::Mat& picture, const cv::Mat& flow, double scale = 1);
/// 255 where the flow can be followed: inside the frame, consistent with the way back
/// (|f + b|^2 < 0.01 (|f|^2 + |b|^2) + 0.5) and not at a motion boundary
/// (|grad u|^2 + |grad v|^2 <= 0.01 |f|^2 + 0.002); Sundaram et al. 2010, as Lai et al. 2018 use it. CV_8U.
cv::Mat visible_pixels(const cv::Mat& forward, const cv::Mat& backward);

/// Pixels at a shorter side of 256: what a shift of one pixel counts in a clip of this size.
double pixels_at_256(const float_clip& clip);

}  // namespace zoetrope
