// The half of a denoiser that the UNet and its ControlNets share (Zhang et al. 2023, section 3.2: a
// ControlNet starts as a copy of it): embeddings of the noise level and of SDXL's sizes, the projection of
// the text, and the blocks down to the middle.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/tensor/module.hpp"
#include "models/projected_text.hpp"
#include "models/unet_context.hpp"
#include "models/unet_options.hpp"

namespace zoetrope {

/// What a denoiser is told at a step.
struct denoiser_input {
  at::Tensor sample;                     ///< b c f h w
  at::Tensor timestep;                   ///< scalar, or [b]
  const projected_text* text = nullptr;  ///< of the same network's project_text
  at::Tensor text_embeds;                ///< [b, P], with addition_embed_type text_time
  at::Tensor time_ids;                   ///< [b, 6]: original size, crop, target size
  at::Tensor embedded_sizes;             ///< of the same network's embed_sizes, instead of the last two
  /// [b, time_cond_proj_dim] for distilled models (guidance embedding), or undefined.
  at::Tensor timestep_condition;
  double seconds_per_frame = 0.125;  ///< for positions in seconds
  work_pieces pieces;                ///< layers work on so much at once
  layer_choice recompute = {};       ///< training: layers whose activations are computed twice, not kept
};

class unet_encoder : public module {
 public:
  ~unet_encoder() override;
  /// encoder_hidden_states: [b, tokens, cross_attention_dim()]; anything where no block attends to text.
  projected_text project_text(const at::Tensor& encoder_hidden_states) const;
  /// text_embeds [b, P] and time_ids [b, 6] -> [b, time channels]: SDXL's micro-conditioning (Podell et al.
  /// 2023, section 2.2). Does not depend on the step: once a clip will do. Undefined where the model takes
  /// none; error{usage} for what does not fit it.
  at::Tensor embed_sizes(const at::Tensor& text_embeds, const at::Tensor& time_ids) const;
  const unet_options& options() const { return options_; }
  int64_t in_channels() const { return options_.in_channels; }
  /// Width of the text that project_text takes; 0 where no block attends to text.
  int64_t cross_attention_dim() const;
  /// Skip features of a pass: conv_in's, and one for each layer and downsampler.
  std::size_t skip_count() const;

 protected:
  /// `name` opens the messages of errors. Registers the children up to the middle block.
  unet_encoder(std::string name, const unet_options& options);
  /// Once all children are there: gives each cross-attention its place in projected_text. error{bad_input}
  /// for keys of the parts' configs that none of them reads.
  void complete();

  /// error{usage} says what was got and wanted for an input that does not fit the model.
  unet_context context_of(const denoiser_input& input) const;
  /// b c f h w -> (b f) c h w, through conv_in.
  at::Tensor first_features(const at::Tensor& sample, const unet_context& context) const;
  /// The longest clip that tables up to the middle block hold; 0 where there is no limit.
  int64_t maximum_frames_down() const;
  /// Through the blocks down. Appends x, then what each layer and downsampler returns, to `skips`.
  at::Tensor way_down(at::Tensor x, const unet_context& context, std::vector<at::Tensor>& skips) const;
  /// Through the middle block; x itself where there is none.
  at::Tensor middle(const at::Tensor& x, const unet_context& context) const;

  const std::string name_;
  const unet_options options_;

 private:
  void check_text(const denoiser_input& input) const;
  at::Tensor time_embedding_of(const denoiser_input& input) const;

  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
