// Where the time of a denoising step goes, and how much memory the process has needed: what `zoetrope
// profile` and the experiments report.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/tensor/gpu_work.hpp"
#include "pipelines/step_flops.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

struct profile_options {
  int64_t width = 0, height = 0;  ///< pixels; 0: the UNet's sample size
  int64_t video_length = 8;
  int64_t steps = 5;
  bool guidance = true;  ///< a batch of two, as generation with guidance has
  uint64_t seed = 0;
  std::function<bool(int64_t done, int64_t total)> on_step = {};  ///< false cancels: error{interrupted}
};

struct time_spread {
  double median = 0, min = 0, max = 0;
};
/// error{usage} for no samples.
time_spread spread_of(const std::vector<double>& samples);

struct profile_report {
  std::vector<double> unet_step_ms;        ///< one entry a step
  std::vector<double> controlnet_step_ms;  ///< of all ControlNets together; empty where there are none
  step_flops flops;                        ///< of a step; zeros until somebody counts them (flops_of_step)
  /// Milliseconds of a step by kind of part: resnet, spatial_transformer, temporal_transformer, resampling,
  /// other; and once a clip: text_encoders and vae, the decoding. Measured in further steps, for looking
  /// costs time.
  std::map<std::string, double> parts_ms;
  std::vector<gpu_kernel> kernels;      ///< of a step, most time first; empty on a CPU
  std::vector<gpu_kernel> vae_kernels;  ///< of decoding a clip
  /// On a CPU resident, of this process since start; on a GPU allocated there, in the timed steps.
  int64_t peak_memory_bytes = 0;
  int64_t width = 0, height = 0, video_length = 0, batch = 0;
};

/// The generation that is timed, of `steps` steps: every ControlNet of the model is shown noise, at full
/// scale.
text_to_video_call profiled_call(const text_to_video_model& model, const profile_options& options,
                                 int64_t steps);

/// Runs the model on random latents. Changes nothing in it, but sets and clears the UNet's tap.
profile_report profile(text_to_video_model& model, const profile_options& options);

json to_json(const profile_report& report);

}  // namespace zoetrope
