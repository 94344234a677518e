// SSIM of neighbouring frames, mean of the three channels; by default under Wang's Gaussian window
// (structural_similarity.hpp).
#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/structural_similarity.hpp"

namespace zoetrope {

metric make_frame_ssim(const config& options, const metric_setup&) {
  const ssim_window window = read_ssim_window(options);
  return {.role = metric_role::consistency,
          .needs = {.side = window.side()},
          .measure = [=](const metric_input& input) {
            const float_clip& clip = input.clip;
            std::vector<ssim_frame> frames(clip.frames);
            for_each_index(clip.frames, input.threads,
                           [&](int i) { frames[i] = make_ssim_frame(clip, i, window); });
            metric_values ssim{"frame_ssim", "1", better::higher};
            ssim.per_pair = value_of_each(clip.frames - 1, input.threads, [&](int i) {
              return structural_similarity(frames[i], frames[i + 1], window);
            });
            ssim.per_video = mean_of_numbers(ssim.per_pair);
            return std::vector<metric_values>{ssim};
          }};
}

}  // namespace zoetrope
