// See frame_consistency.hpp.
#include "eval/network_metrics/frame_consistency.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "eval/metrics/frame_loop.hpp"
#include "eval/network_metrics/frame_pixels.hpp"

namespace zoetrope {

double cosine(const at::Tensor& a, const at::Tensor& b) {
  return at::cosine_similarity(a.flatten().to(at::kDouble), b.flatten().to(at::kDouble), 0, 1e-8)
      .item<double>();
}

std::vector<double> frame_consistency(const std::vector<at::Tensor>& features) {
  std::vector<double> values;
  for (std::size_t i = 1; i < features.size(); ++i)
    values.push_back((std::max(0.0, cosine(features[i - 1], features[i])) +
                      std::max(0.0, cosine(features[0], features[i]))) /
                     2);
  return values;
}

metric_values consistency_of(const std::string& name, const float_clip& clip,
                             const std::function<at::Tensor(const at::Tensor& bytes)>& features) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> of_frames;
  for (int i = 0; i < clip.frames; ++i) of_frames.push_back(features(byte_frame(clip, i)));
  metric_values value{name, "1", better::higher};
  value.per_pair = frame_consistency(of_frames);
  value.per_video = mean_of_numbers(value.per_pair);
  return value;
}

}  // namespace zoetrope
