// How much moves: the mean length of the 5 % longest flow vectors of each pair of neighbours, in pixels at a
// shorter side of 256. VBench's dynamic_degree asks the same of RAFT's flow; this is not that number.
#include <algorithm>
#include <cmath>
#include <functional>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/optical_flow.hpp"

namespace zoetrope {
namespace {

double mean_of_longest(const flow_field& flow, double share) {
  std::vector<double> lengths;
  for (std::size_t i = 0; i < flow.shifts.size(); i += 2) {
    const double x = flow.shifts[i], y = flow.shifts[i + 1];
    lengths.push_back(std::sqrt(x * x + y * y));
  }
  const auto count = std::max(1L, static_cast<long>(share * static_cast<double>(lengths.size())));
  std::partial_sort(lengths.begin(), lengths.begin() + count, lengths.end(), std::greater<>());
  lengths.resize(count);
  return mean_of_numbers(lengths);
}

}  // namespace

metric make_motion_amount(const config& options, const metric_setup&) {
  const flow_method method = read_flow_method(options);
  const double share = options.get("share", 0.05);
  if (!(share > 0 && share <= 1))
    throw options.fail(concat("share ", share, ": wanted more than 0, at most 1"));
  return {.role = metric_role::motion,
          .needs = {.side = least_flow_side},
          .measure = [=](const metric_input& input) {
            metric_values motion{"motion_amount", "px at 256", better::neither};
            const auto& flows = input.flows->of(input.clip, {.method = method}, input.threads);
            motion.per_pair = value_of_each(static_cast<int>(flows.size()), input.threads, [&](int i) {
              return mean_of_longest(flows[i], share) * pixels_at_256(input.clip);
            });
            motion.per_video = mean_of_numbers(motion.per_pair);
            return std::vector<metric_values>{motion};
          }};
}

}  // namespace zoetrope
