// How alike frames are that lie k frames apart, from near to far: the mean SSIM (luma, Wang's window) of all
// pairs (i, i + k), as a curve over the lag k. The value of the clip is the mean of the curve.
#include <algorithm>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/structural_similarity.hpp"

namespace zoetrope {
namespace {

metric_values lag_similarity(const metric_input& input, const ssim_window& window, int64_t most) {
  const float_clip& clip = input.clip;
  std::vector<ssim_side> frames(clip.frames);
  for_each_index(clip.frames, input.threads,
                 [&](int i) { frames[i] = make_ssim_side(luma_of(clip, i), window); });
  metric_values out{"lag_similarity", "1", better::higher};
  std::vector<double>&lags = out.curves["lag"], &curve = out.curves["ssim"];
  const int64_t farthest = clip.frames - 1;
  for (int lag = 1; lag <= (most ? std::min(most, farthest) : farthest); ++lag) {
    lags.push_back(lag);
    curve.push_back(mean_of_numbers(value_of_each(clip.frames - lag, input.threads, [&](int i) {
      return structural_similarity(frames[i], frames[i + lag], window);
    })));
  }
  out.per_video = mean_of_numbers(curve);
  return out;
}

}  // namespace

metric make_lag_similarity(const config& options, const metric_setup&) {
  const ssim_window window = read_ssim_window(options);
  const int64_t most = options.bounded("max_lag", 0, 0, 1 << 20);  // 0: up to first and last frame
  return {.role = metric_role::consistency,
          .needs = {.side = window.side()},
          .measure = [=](const metric_input& input) {
            return std::vector<metric_values>{lag_similarity(input, window, most)};
          }};
}

}  // namespace zoetrope
