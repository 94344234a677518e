// What a frame holds beyond the middle of its neighbours: even frames are kept, the middle of each gap is
// made by going half of the flow from both sides and averaging, and compared with the odd frame that was
// there:
//   mean |f_{2i+1} - (f_{2i}(x - F/2) + f_{2i+2}(x - B/2)) / 2|,  F the flow over the gap, B the one back.
// VBench's motion_smoothness does so with the network AMT; this is not that number. With an even number of
// frames the last one is never compared, as there.
#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/optical_flow.hpp"

namespace zoetrope {
namespace {

double residual(const float* before, const float* there, const float* behind, const flow_field& forward,
                const flow_field& backward) {
  const std::vector<float> first = warped(before, 3, forward, -0.5),
                           second = warped(behind, 3, backward, -0.5);
  double sum = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const double middle = (static_cast<double>(first[i]) + static_cast<double>(second[i])) / 2;
    const double difference = static_cast<double>(there[i]) - middle;
    sum += difference < 0 ? -difference : difference;
  }
  return sum / static_cast<double>(first.size());
}

}  // namespace

metric make_interpolation_residual(const config& options, const metric_setup&) {
  const flow_method method = read_flow_method(options);
  return {.role = metric_role::consistency,
          .needs = {.frames = 3, .side = least_flow_side},
          .measure = [=](const metric_input& input) {
            const float_clip& clip = input.clip;
            const auto& forward = input.flows->of(clip, {.method = method, .gap = 2}, input.threads);
            const auto& backward =
                input.flows->of(clip, {.method = method, .gap = 2, .backward = true}, input.threads);
            metric_values out{"interpolation_residual", "intensity", better::lower};
            out.per_pair = value_of_each(static_cast<int>(forward.size()), input.threads, [&](int i) {
              return residual(frame_of(clip, 2 * i), frame_of(clip, 2 * i + 1), frame_of(clip, 2 * i + 2),
                              forward[i], backward[i]);
            });
            out.per_video = mean_of_numbers(out.per_pair);
            return std::vector<metric_values>{out};
          }};
}

}  // namespace zoetrope
