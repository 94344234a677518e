// Peak signal-to-noise ratio of neighbouring frames, over all pixels and channels (scikit-image's
// peak_signal_noise_ratio with data_range 1): 10 log10(1 / mean (f_i - f_{i+1})^2).
#include <algorithm>
#include <cmath>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/pixel_error.hpp"

namespace zoetrope {

double psnr_of(double mean_squared_error, double range) {
  constexpr double most = 100;
  return std::min(most, 10 * std::log10(range * range / mean_squared_error));
}

metric make_frame_psnr(const config&, const metric_setup&) {
  return {.role = metric_role::consistency, .measure = [](const metric_input& input) {
            const float_clip& clip = input.clip;
            metric_values psnr{"frame_psnr", "dB", better::higher};
            psnr.per_pair = value_of_each(clip.frames - 1, input.threads, [&](int i) {
              return psnr_of(mean_squared_error(frame_of(clip, i), frame_of(clip, i + 1), frame_size(clip)));
            });
            psnr.per_video = mean_of_numbers(psnr.per_pair);
            return std::vector<metric_values>{psnr};
          }};
}

}  // namespace zoetrope
