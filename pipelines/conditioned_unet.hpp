// The UNet under one conditioning: what does not depend on the step, the text's keys and values and the
// embedding of the sizes, is computed once a clip.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/controlnet.hpp"
#include "pipelines/batch_rows.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

class conditioned_unet {
 public:
  /// The model must outlive this.
  conditioned_unet(const text_to_video_model& model, const text_to_video_call& call,
                   const text_conditioning& text);

  /// sample: b c f h w, scaled for `timestep`, of these `rows` of the conditioning. Residuals may be empty.
  at::Tensor operator()(const at::Tensor& sample, double timestep, const controlnet_residuals& residuals,
                        const batch_rows& rows) const;

 private:
  const text_to_video_model& model_;
  const work_pieces pieces_;
  const double seconds_per_frame_;
  const projected_text text_;
  const at::Tensor sizes_;
};

/// What a memory policy tells the layers.
work_pieces pieces_of(const memory_policy& policy);

}  // namespace zoetrope
