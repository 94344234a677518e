// See optical_flow.hpp.
#include "eval/metrics/optical_flow.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "eval/metrics/frame_loop.hpp"

namespace zoetrope {

std::shared_ptr<flow_cache> make_flow_cache() { return std::make_shared<flow_cache>(); }

flow_method read_flow_method(const config& options) {
  const std::string method = options.get("method", "dis");
  ZT_CHECK(method == "dis" || method == "farneback", bad_input, options.source(), ": ", options.path(),
           ".method: unknown flow method '", printable(method), "' (known: dis, farneback)");
  return method == "dis" ? flow_method::dis : flow_method::farneback;
}

cv::Mat picture_of(const float_clip& clip, int frame) {
  return cv::Mat(clip.height, clip.width, CV_32FC3, const_cast<float*>(clip.frame(frame)));
}

namespace {

// 8-bit luma: what both methods read.
cv::Mat grey_of(const float_clip& clip, int frame) {
  cv::Mat grey, bytes;
  cv::cvtColor(picture_of(clip, frame), grey, cv::COLOR_RGB2GRAY);
  grey.convertTo(bytes, CV_8U, 255);
  return bytes;
}

cv::Mat flow_between(const cv::Mat& from, const cv::Mat& to, flow_method method) {
  cv::Mat flow;
  if (method == flow_method::dis)
    cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)->calc(from, to, flow);
  else
    cv::calcOpticalFlowFarneback(from, to, flow, 0.5, 3, 15, 3, 5, 1.2, 0);
  return flow;
}

}  // namespace

const flow_fields& flow_cache::of(const float_clip& clip, const flow_request& request, int threads) {
  // DIS cuts a frame into as many stripes as OpenCV has threads, and its result changes with them.
  static const bool one_stripe = (cv::setNumThreads(0), true);
  static_cast<void>(one_stripe);
  const std::lock_guard lock(mutex_);
  const auto [entry, fresh] = known_.try_emplace({&clip, request});
  if (!fresh) return entry->second;
  std::vector<cv::Mat> greys(static_cast<std::size_t>((clip.frames - 1) / request.gap + 1));
  for_each_index(static_cast<int>(greys.size()), threads,
                 [&](int i) { greys[static_cast<std::size_t>(i)] = grey_of(clip, i * request.gap); });
  flow_fields flows(greys.size() - 1);
  for_each_index(static_cast<int>(flows.size()), threads, [&](int i) {
    const std::size_t first = static_cast<std::size_t>(i) + request.backward;
    const std::size_t second = static_cast<std::size_t>(i) + !request.backward;
    flows[static_cast<std::size_t>(i)] = flow_between(greys[first], greys[second], request.method);
  });
  return entry->second = std::move(flows);
}

cv::Mat warped(const cv::Mat& picture, const cv::Mat& flow, double scale) {
  cv::Mat places(flow.size(), CV_32FC2), out;
  for (int y = 0; y < flow.rows; ++y)
    for (int x = 0; x < flow.cols; ++x) {
      const cv::Vec2f shift = flow.at<cv::Vec2f>(y, x) * static_cast<float>(scale);
      places.at<cv::Vec2f>(y, x) = {static_cast<float>(x) + shift[0], static_cast<float>(y) + shift[1]};
    }
  cv::remap(picture, out, places, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return out;
}

namespace {

float squared(const cv::Vec2f& v) { return v[0] * v[0] + v[1] * v[1]; }

// |grad u|^2 + |grad v|^2 by differences to the right and below.
float boundary_strength(const cv::Mat& flow, int y, int x) {
  const cv::Vec2f here = flow.at<cv::Vec2f>(y, x);
  const cv::Vec2f right = flow.at<cv::Vec2f>(y, std::min(x + 1, flow.cols - 1));
  const cv::Vec2f below = flow.at<cv::Vec2f>(std::min(y + 1, flow.rows - 1), x);
  return squared(right - here) + squared(below - here);
}

}  // namespace

cv::Mat visible_pixels(const cv::Mat& forward, const cv::Mat& backward) {
  const cv::Mat way_back = warped(backward, forward);
  cv::Mat mask(forward.size(), CV_8U);
  for (int y = 0; y < forward.rows; ++y)
    for (int x = 0; x < forward.cols; ++x) {
      const cv::Vec2f f = forward.at<cv::Vec2f>(y, x), b = way_back.at<cv::Vec2f>(y, x);
      const float to_x = static_cast<float>(x) + f[0], to_y = static_cast<float>(y) + f[1];
      const bool inside = to_x >= 0 && to_y >= 0 && to_x <= static_cast<float>(forward.cols - 1) &&
                          to_y <= static_cast<float>(forward.rows - 1);
      const bool consistent = squared(f + b) < 0.01f * (squared(f) + squared(b)) + 0.5f;
      const bool boundary = boundary_strength(forward, y, x) > 0.01f * squared(f) + 0.002f;
      mask.at<uint8_t>(y, x) = inside && consistent && !boundary ? 255 : 0;
    }
  return mask;
}

double pixels_at_256(const float_clip& clip) { return 256.0 / std::min(clip.width, clip.height); }

}  // namespace zoetrope
