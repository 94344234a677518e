// How far the colours move away from those of the first frame: of each channel the distance of the histograms
// of 8-bit values (earth mover's: scipy.stats.wasserstein_distance), in shares of the full range, mean of the
// three channels. The curve has it for frames 1 … T - 1, the value of the clip is its mean; beside it the
// slope of the distance over frames 0 … T - 1 (least squares; it is 0 at frame 0), a frame.
#include <array>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"

namespace zoetrope {
namespace {

using histogram = std::array<int64_t, 256>;

std::array<histogram, 3> histograms_of(const std::vector<uint8_t>& frame) {
  std::array<histogram, 3> counts{};
  for (std::size_t i = 0; i < frame.size(); ++i) ++counts[i % 3][frame[i]];
  return counts;
}

// The mean over the pixels of how far they are to be moved: the area between the two running sums.
double earth_movers_distance(const histogram& a, const histogram& b, double pixels) {
  int64_t area = 0, ahead = 0;
  for (std::size_t value = 0; value < a.size(); ++value) {
    ahead += a[value] - b[value];
    area += ahead < 0 ? -ahead : ahead;
  }
  return static_cast<double>(area) / pixels / 255;
}

double slope_of(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size()), middle = (count - 1) / 2;
  double along = 0, spread = 0;
  for (std::size_t t = 0; t < values.size(); ++t) {
    along += (static_cast<double>(t) - middle) * values[t];
    spread += (static_cast<double>(t) - middle) * (static_cast<double>(t) - middle);
  }
  return along / spread;
}

}  // namespace

metric make_colour_drift(const config&, const metric_setup&) {
  return {.role = metric_role::consistency, .measure = [](const metric_input& input) {
            const auto frames = to_rgb(input.clip).frames;
            const auto first = histograms_of(frames.front());
            metric_values drift{"colour_drift", "intensity", better::lower};
            const std::vector<double> distances =
                value_of_each(input.clip.frames - 1, input.threads, [&](int i) {
                  const auto here = histograms_of(frames[i + 1]);
                  double sum = 0;
                  for (int channel = 0; channel < 3; ++channel)
                    sum += earth_movers_distance(first[channel], here[channel],
                                                 static_cast<double>(frames.front().size() / 3));
                  return sum / 3;
                });
            drift.per_video = mean_of_numbers(distances);
            drift.curves["from_first"] = distances;
            std::vector<double> from_start{0};
            from_start.insert(from_start.end(), distances.begin(), distances.end());
            return std::vector<metric_values>{
                drift, {"colour_drift_slope", "intensity a frame", better::lower, slope_of(from_start)}};
          }};
}

}  // namespace zoetrope
