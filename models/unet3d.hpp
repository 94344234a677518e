// The denoiser: Stable Diffusion's UNet (SDXL's, SD 1.5's) inflated to video by temporal layers, as
// Hotshot-XL does it. Built from a diffusers config.json; UNet3DConditionModel and UNet2DConditionModel are
// one class here, the latter without temporal layers.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "models/unet_encoder.hpp"

namespace zoetrope {

struct unet_input : denoiser_input {
  std::vector<at::Tensor> down_residuals;  ///< b c f h w each, one for each skip feature, or none
  at::Tensor mid_residual;                 ///< b c f h w, or undefined
  bool temporal = true;                    ///< false: temporal layers are skipped, as for a single frame
};

class unet3d : public unet_encoder {
 public:
  /// error{bad_input} names the config key for what cannot be built.
  explicit unet3d(const config& options);
  ~unet3d() override;

  /// b out_channels f h w. error{usage} says what was got and wanted for sizes that do not fit the model.
  at::Tensor forward(const unet_input& input) const;

  std::string canonical_key(const std::string& key) const;
  int64_t out_channels() const;
  /// Latent height and width must be multiples of this (2^downsamplers with temporal layers; 1 without, where
  /// upsamplers grow to the size of the skip features).
  int64_t size_multiple() const;
  /// The longest clip that the positional tables hold; 0 where there is no limit.
  int64_t maximum_frames() const;
  /// Default latent size of the config (sample_size); 0 where it has none.
  int64_t sample_size() const;

 private:
  void check(const unet_input& input) const;

  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
