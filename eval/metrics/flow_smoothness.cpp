// How evenly things move: the change of the flow along itself, mean |v_{t+1}(x + v_t(x)) - v_t(x)| over the
// pixels that can be followed, in pixels at a shorter side of 256. One entry a triple of neighbours.
#include <cmath>
#include <limits>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/optical_flow.hpp"

namespace zoetrope {
namespace {

double mean_change(const flow_field& flow, const flow_field& back, const flow_field& next) {
  const std::vector<uint8_t> visible = visible_pixels(flow, back);
  const std::vector<float> followed = warped(next.shifts.data(), 2, flow);
  double sum = 0, seen = 0;
  for (std::size_t i = 0; i < visible.size(); ++i) {
    if (!visible[i]) continue;
    const double x = static_cast<double>(followed[2 * i]) - flow.shifts[2 * i];
    const double y = static_cast<double>(followed[2 * i + 1]) - flow.shifts[2 * i + 1];
    sum += std::sqrt(x * x + y * y);
    ++seen;
  }
  return seen > 0 ? sum / seen : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

metric make_flow_smoothness(const config& options, const metric_setup&) {
  const flow_method method = read_flow_method(options);
  return {.role = metric_role::consistency,
          .needs = {.frames = 3, .side = least_flow_side},
          .measure = [=](const metric_input& input) {
            const auto& flows = input.flows->of(input.clip, {.method = method}, input.threads);
            const auto& back =
                input.flows->of(input.clip, {.method = method, .backward = true}, input.threads);
            metric_values change{"flow_smoothness", "px at 256", better::lower};
            change.per_pair = value_of_each(input.clip.frames - 2, input.threads, [&](int i) {
              return mean_change(flows[i], back[i], flows[i + 1]) * pixels_at_256(input.clip);
            });
            change.per_video = mean_of_numbers(change.per_pair);
            return std::vector<metric_values>{change};
          }};
}

}  // namespace zoetrope
