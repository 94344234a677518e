// SSIM of each frame against the frame of the reference video, as frame_ssim otherwise.
#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/structural_similarity.hpp"

namespace zoetrope {

metric make_ssim(const config& options, const metric_setup&) {
  const ssim_window window = read_ssim_window(options);
  return {.role = metric_role::fidelity,
          .needs = {.side = window.side(), .reference = true},
          .measure = [=](const metric_input& input) {
            metric_values ssim{"ssim", "1", better::higher};
            ssim.per_pair = value_of_each(input.clip.frames, input.threads, [&](int i) {
              return structural_similarity(make_ssim_frame(input.clip, i, window),
                                           make_ssim_frame(*input.reference, i, window), window);
            });
            ssim.per_video = mean_of_numbers(ssim.per_pair);
            return std::vector<metric_values>{ssim};
          }};
}

}  // namespace zoetrope
