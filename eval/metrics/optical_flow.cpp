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
  if (method != "dis" && method != "farneback")
    throw options.fail(concat("unknown flow method '", printable(method), "' (known: dis, farneback)"));
  return method == "dis" ? flow_method::dis : flow_method::farneback;
}

double pixels_at_256(const float_clip& clip) { return 256.0 / std::min(clip.width, clip.height); }

namespace {

// 8-bit luma: what both methods read.
cv::Mat grey_of(const float_clip& clip, int frame) {
  const cv::Mat picture(clip.height, clip.width, CV_32FC3, const_cast<float*>(frame_of(clip, frame)));
  cv::Mat grey, bytes;
  cv::cvtColor(picture, grey, cv::COLOR_RGB2GRAY);
  grey.convertTo(bytes, CV_8U, 255);
  return bytes;
}

flow_field flow_between(const cv::Mat& from, const cv::Mat& to, flow_method method) {
  flow_field flow(from.cols, from.rows);
  cv::Mat shifts(from.rows, from.cols, CV_32FC2, flow.shifts.data());
  if (method == flow_method::dis)
    cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)->calc(from, to, shifts);
  else
    cv::calcOpticalFlowFarneback(from, to, shifts, 0.5, 3, 15, 3, 5, 1.2, 0);
  return flow;
}

// DIS cuts a frame into as many stripes as OpenCV has threads, and its result changes with them; OpenCV has
// one such number for the whole process.
void keep_to_one_stripe() {
  static const bool once = (cv::setNumThreads(0), true);
  static_cast<void>(once);
}

}  // namespace

const std::vector<flow_field>& flow_cache::of(const float_clip& clip, const flow_request& request,
                                              int threads) {
  keep_to_one_stripe();
  const std::lock_guard lock(mutex_);
  const auto [entry, fresh] = known_.try_emplace({&clip, request});
  if (!fresh) return entry->second;
  std::vector<cv::Mat> greys((clip.frames - 1) / request.gap + 1);
  for_each_index(static_cast<int>(greys.size()), threads,
                 [&](int i) { greys[i] = grey_of(clip, i * request.gap); });
  std::vector<flow_field> flows(greys.size() - 1);
  for_each_index(static_cast<int>(flows.size()), threads, [&](int i) {
    flows[i] = flow_between(greys[i + request.backward], greys[i + !request.backward], request.method);
  });
  return entry->second = std::move(flows);
}

void flow_cache::put(const float_clip& clip, const flow_request& request, std::vector<flow_field> flows) {
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign({&clip, request}, std::move(flows));
}

}  // namespace zoetrope
