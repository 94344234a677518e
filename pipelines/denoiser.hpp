// What predicts the noise at a step: the ControlNets, then the UNet with their residuals. The halves of
// guidance pass both together, or one after the other in half the memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pipelines/batch_rows.hpp"
#include "pipelines/conditioned_unet.hpp"
#include "pipelines/control_runner.hpp"
#include "pipelines/stopwatch.hpp"

namespace zoetrope {

struct denoiser_output {
  at::Tensor noise;                      ///< b c f h w, rows as in the conditioning: before guidance
  std::vector<control_report> controls;  ///< one for each of the call's controls
  double controlnet_seconds = 0, unet_seconds = 0;
};

class denoiser {
 public:
  /// The call is a checked one of `steps` steps; model, call and text must outlive this.
  denoiser(const text_to_video_model& model, const text_to_video_call& call, const text_conditioning& text,
           int64_t steps);
  /// sample: b c f h w, scaled for `timestep`, rows as in the conditioning.
  denoiser_output operator()(const at::Tensor& sample, double timestep, int64_t index) const;

 private:
  const at::Device device_;
  const conditioned_unet unet_;
  const control_runner controls_;
  std::vector<batch_rows> groups_;
};

}  // namespace zoetrope
