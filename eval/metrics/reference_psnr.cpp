// PSNR of each frame against the frame of the reference video.
#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/pixel_error.hpp"

namespace zoetrope {

metric make_psnr(const config&, const metric_setup&) {
  return {
      .role = metric_role::fidelity, .needs = {.reference = true}, .measure = [](const metric_input& input) {
        const float_clip& clip = input.clip;
        metric_values psnr{"psnr", "dB", better::higher};
        psnr.per_pair = value_of_each(clip.frames, input.threads, [&](int i) {
          return psnr_of(
              mean_squared_error(frame_of(clip, i), frame_of(*input.reference, i), frame_size(clip)));
        });
        psnr.per_video = mean_of_numbers(psnr.per_pair);
        return std::vector<metric_values>{psnr};
      }};
}

}  // namespace zoetrope
