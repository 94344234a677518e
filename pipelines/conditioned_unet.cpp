// See conditioned_unet.hpp.
#include "pipelines/conditioned_unet.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

work_pieces pieces_of(const memory_policy& policy) {
  return {policy.attention_slice, policy.feed_forward_chunk, policy.smallest};
}

conditioned_unet::conditioned_unet(const text_to_video_model& model, const text_to_video_call& call,
                                   const text_conditioning& text)
    : model_(model),
      pieces_(pieces_of(call.memory)),
      seconds_per_frame_(call.seconds_per_frame),
      text_(model.unet->project_text(text.prompt_embeds)),
      sizes_(model.unet->embed_sizes(text.text_embeds, text.time_ids)) {}

at::Tensor conditioned_unet::operator()(const at::Tensor& sample, double timestep,
                                        const controlnet_residuals& residuals, const batch_rows& rows) const {
  const projected_text text = rows_of(text_, rows.first, rows.count);
  unet_input input;
  input.sample = sample.to(model_.device, model_.dtype);
  input.timestep = at::scalar_tensor(timestep, at::TensorOptions(model_.device).dtype(at::kFloat));
  input.text = &text;
  input.embedded_sizes = rows.of(sizes_);
  input.down_residuals = residuals.down;
  input.mid_residual = residuals.mid;
  input.temporal = sample.size(2) > 1;  // one frame is a picture, and the temporal layers are left out
  input.seconds_per_frame = seconds_per_frame_;
  input.pieces = pieces_;
  return model_.unet->forward(input);
}

}  // namespace zoetrope
