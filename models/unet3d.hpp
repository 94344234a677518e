// The denoiser: Stable Diffusion's UNet (SDXL's, SD 1.5's) inflated to video by temporal layers, as
// Hotshot-XL does it. Built from a diffusers config.json; UNet3DConditionModel and UNet2DConditionModel are
// one class here, the latter without temporal layers.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/tensor/module.hpp"
#include "models/projected_text.hpp"

namespace zoetrope {

struct unet_input {
  at::Tensor sample;    ///< b c f h w
  at::Tensor timestep;  ///< scalar, or [b]
  const projected_text* text = nullptr;
  at::Tensor text_embeds;         ///< [b, P], with addition_embed_type text_time
  at::Tensor time_ids;            ///< [b, 6]: original size, crop, target size
  at::Tensor timestep_condition;  ///< [b, time_cond_proj_dim] for distilled models (guidance embedding), or
                                  ///< undefined
  std::vector<at::Tensor> down_residuals;  ///< b c f h w each, one for each skip feature, or none
  at::Tensor mid_residual;                 ///< b c f h w, or undefined
  bool temporal = true;                    ///< false: temporal layers are skipped, as for a single frame
};

class unet3d : public module {
 public:
  /// error{bad_input} names the config key for what cannot be built.
  explicit unet3d(const config& options);
  ~unet3d() override;

  /// encoder_hidden_states: [b, tokens, cross_attention_dim()].
  projected_text project_text(const at::Tensor& encoder_hidden_states) const;
  /// b out_channels f h w. error{usage} says what was got and wanted for sizes that do not fit the model.
  at::Tensor forward(const unet_input& input) const;

  std::string canonical_key(const std::string& key) const;
  int64_t in_channels() const;
  int64_t out_channels() const;
  /// Latent height and width must be multiples of this (2^downsamplers with temporal layers; 1 without, where
  /// upsamplers grow to the size of the skip features).
  int64_t size_multiple() const;
  /// The longest clip that the positional tables hold; 0 where there is no limit.
  int64_t maximum_frames() const;
  /// Default latent size of the config (sample_size); 0 where it has none.
  int64_t sample_size() const;
  /// Width of the text that project_text takes; 0 where no block attends to text.
  int64_t cross_attention_dim() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
