// VBench's temporal_flickering, exactly: (255 - mean_i mean_px |f_i - f_{i+1}|) / 255 of 8-bit frames. VBench
// means it for clips that should stand still; a moving one scores lower without any flicker.
#include "eval/metrics/temporal_flickering.hpp"

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/pixel_error.hpp"

namespace zoetrope {

std::vector<double> mean_absolute_differences(const std::vector<std::vector<uint8_t>>& frames, int threads) {
  return value_of_each(static_cast<int>(frames.size()) - 1, threads, [&](int i) {
    const auto& frame = frames[static_cast<std::size_t>(i)];
    const auto& next = frames[static_cast<std::size_t>(i) + 1];
    return mean_absolute_error(frame.data(), next.data(), frame.size());
  });
}

double temporal_flickering(const std::vector<double>& mean_absolute_differences) {
  return (255.0 - mean_of_numbers(mean_absolute_differences)) / 255.0;
}

metric make_temporal_flickering(const config&, const metric_setup&) {
  return {.role = metric_role::consistency, .measure = [](const metric_input& input) {
            metric_values flickering{"temporal_flickering", "share", better::higher};
            const auto differences = mean_absolute_differences(to_rgb(input.clip).frames, input.threads);
            for (const double difference : differences)
              flickering.per_pair.push_back((255.0 - difference) / 255.0);
            flickering.per_video = temporal_flickering(differences);
            return std::vector<metric_values>{flickering};
          }};
}

}  // namespace zoetrope
