// Warp error (Lai et al. 2018, "Learning Blind Video Temporal Consistency", eq. 7): the next frame is brought
// back along the flow, and what differs where the flow can be followed is no motion:
//   sum M |f_t - warp(f_{t+1})|^2 / sum M,  |.|^2 the mean over channels, M of warping.hpp.
// Beside it, the share of pixels that M hides: where most are hidden, the error speaks of little.
#include <limits>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/optical_flow.hpp"

namespace zoetrope {
namespace {

struct pair_error {
  double error = 0, hidden = 0;
};

pair_error error_of(const float* frame, const float* next, const flow_field& forward,
                    const flow_field& backward) {
  const std::vector<uint8_t> visible = visible_pixels(forward, backward);
  const std::vector<float> brought_back = warped(next, 3, forward);
  double sum = 0, seen = 0;
  for (std::size_t i = 0; i < visible.size(); ++i) {
    if (!visible[i]) continue;
    for (std::size_t value = 3 * i; value < 3 * i + 3; ++value) {
      const double difference = static_cast<double>(frame[value]) - static_cast<double>(brought_back[value]);
      sum += difference * difference / 3;
    }
    ++seen;
  }
  return {seen > 0 ? sum / seen : std::numeric_limits<double>::quiet_NaN(),
          1 - seen / static_cast<double>(visible.size())};
}

}  // namespace

metric make_warp_error(const config& options, const metric_setup&) {
  const flow_method method = read_flow_method(options);
  return {.role = metric_role::consistency,
          .needs = {.side = least_flow_side},
          .measure = [=](const metric_input& input) {
            const float_clip& clip = input.clip;
            const auto& forward = input.flows->of(clip, {.method = method}, input.threads);
            const auto& backward = input.flows->of(clip, {.method = method, .backward = true}, input.threads);
            std::vector<pair_error> pairs(forward.size());
            for_each_index(clip.frames - 1, input.threads, [&](int i) {
              pairs[i] = error_of(frame_of(clip, i), frame_of(clip, i + 1), forward[i], backward[i]);
            });
            metric_values error{"warp_error", "squared intensity", better::lower};
            metric_values hidden{"warp_error_hidden", "share of pixels", better::neither};
            for (const pair_error& pair : pairs) {
              error.per_pair.push_back(pair.error);
              hidden.per_pair.push_back(pair.hidden);
            }
            error.per_video = mean_of_numbers(error.per_pair);
            hidden.per_video = mean_of_numbers(hidden.per_pair);
            return std::vector<metric_values>{error, hidden};
          }};
}

}  // namespace zoetrope
