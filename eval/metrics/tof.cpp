// tOF (Chu et al. 2020, "Learning Temporal Coherence via Self-Supervision for GAN-based Video Generation"):
// how far the motion is from that of the reference video: the mean distance |v - v_reference| of the flows of
// each pair of neighbours, in pixels. The authors' program uses Farneback and leaves a border out; here DIS
// is the default and no border is left out.
#include <cmath>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/optical_flow.hpp"

namespace zoetrope {
namespace {

double mean_distance(const flow_field& a, const flow_field& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.shifts.size(); i += 2) {
    const double x = static_cast<double>(a.shifts[i]) - static_cast<double>(b.shifts[i]);
    const double y = static_cast<double>(a.shifts[i + 1]) - static_cast<double>(b.shifts[i + 1]);
    sum += std::sqrt(x * x + y * y);
  }
  return sum / static_cast<double>(a.shifts.size() / 2);
}

}  // namespace

metric make_tof(const config& options, const metric_setup&) {
  const flow_method method = read_flow_method(options);
  return {.role = metric_role::fidelity,
          .needs = {.side = least_flow_side, .reference = true},
          .measure = [=](const metric_input& input) {
            const auto& flows = input.flows->of(input.clip, {.method = method}, input.threads);
            const auto& wanted = input.flows->of(*input.reference, {.method = method}, input.threads);
            metric_values tof{"tof", "px", better::lower};
            tof.per_pair = value_of_each(static_cast<int>(flows.size()), input.threads,
                                         [&](int i) { return mean_distance(flows[i], wanted[i]); });
            tof.per_video = mean_of_numbers(tof.per_pair);
            return std::vector<metric_values>{tof};
          }};
}

}  // namespace zoetrope
