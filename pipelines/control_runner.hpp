// The ControlNets of one generation. What does not depend on the step, each net's text, sizes and picture, is
// embedded once; then the nets whose window a step lies in are run, and their residuals added up.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pipelines/batch_rows.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// Whether `wanted` is run at step `index` of `count`.
bool is_run(const control& wanted, int64_t index, int64_t count);

struct controlled_step {
  controlnet_residuals sum;             ///< rows as in the sample; empty where no net was run
  std::vector<control_report> reports;  ///< one for each of the call's controls
};

class control_runner {
 public:
  /// The call is a checked one; model and call must outlive this. Warns of a control that none of the
  /// `steps` lies in.
  control_runner(const text_to_video_model& model, const text_to_video_call& call,
                 const text_conditioning& text, int64_t steps);
  ~control_runner();
  /// sample: b c f h w as the UNet is given it, of these `rows` of the conditioning: all, or a half of
  /// guidance.
  controlled_step operator()(const at::Tensor& sample, double timestep, int64_t index,
                             const batch_rows& rows) const;

 private:
  struct prepared_net;
  /// `rows` are rows of the net's own text, as many as the sample has.
  controlnet_residuals run(const prepared_net& prepared, const at::Tensor& sample, double timestep,
                           const batch_rows& rows) const;

  const text_to_video_model& model_;
  const int64_t steps_;
  const int64_t negatives_;  // rows of the conditioning; 0 without guidance
  const work_pieces pieces_;
  std::vector<prepared_net> nets_;
};

}  // namespace zoetrope
