// ControlNet (Zhang et al. 2023): a copy of the UNet's way down that sees a picture, and tells the UNet what
// to add to its skip features. Built from diffusers' ControlNetModel config.json (SDXL and SD 1.5); run on
// the frames of a clip one by one, as Hotshot-XL does it.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "models/unet_encoder.hpp"

namespace zoetrope {

struct controlnet_input : denoiser_input {
  at::Tensor condition;  ///< of the same net's embed_condition; one row serves all rows of the sample
  double scale = 1.0;
  /// Residual j of n + 1, the middle one last, is weighted by 10^(j / n - 1): the deeper, the more.
  bool guess_mode = false;
};

struct controlnet_residuals {
  std::vector<at::Tensor> down;  ///< b c f h w, one for each skip feature of the UNet
  at::Tensor mid;                ///< b c f h w
};

class controlnet : public unet_encoder {
 public:
  /// error{bad_input} names the config key for what cannot be built. Fresh zero convolutions (section 3.1)
  /// are zero, so that a fresh net changes nothing; with `zero_init` false they are drawn like any other.
  explicit controlnet(const config& options, bool zero_init = true);
  ~controlnet() override;

  /// condition: b conditioning_channels f H W in [0, 1], H and W pixels, pixel_factor() to a latent ->
  /// b c f h w. Does not depend on the step: once a clip will do.
  at::Tensor embed_condition(const at::Tensor& condition) const;
  /// error{usage} says what was got and wanted for an input that does not fit the model.
  controlnet_residuals forward(const controlnet_input& input) const;

  std::string canonical_key(const std::string& key) const { return key; }
  int64_t conditioning_channels() const;
  /// Pixels of the condition to a latent, in height and in width.
  int64_t pixel_factor() const;
  /// Residuals are means over height and width (c f 1 1), for nets that see a picture as a whole; such nets
  /// run in guess mode, without its weights.
  bool global_pool_conditions() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
