// AutoencoderKL, the image VAE of Stable Diffusion: 8x smaller latents, one frame at a time.
// Kingma and Welling 2014; architecture of Rombach et al. 2022, keys and options of diffusers.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "core/config.hpp"
#include "core/tensor/module.hpp"

namespace zoetrope {

/// A diagonal Gaussian over latents: b c h w each.
struct latent_distribution {
  at::Tensor mean;
  at::Tensor logvar;  ///< clamped to [-30, 20]
  at::Tensor standard_deviation() const;
};

/// Tiled coding: pieces of at most these sizes, overlapping, blended linearly. Tiles and result line up where
/// sample_min = latent_min * spatial_factor and latent_min * overlap is whole.
struct vae_tiling {
  int64_t sample_min;  ///< pixels
  int64_t latent_min;  ///< latent pixels
  double overlap = 0.25;
};

class autoencoder_kl : public module {
 public:
  /// error{bad_input} names the config key for what cannot be built.
  explicit autoencoder_kl(const config& options);
  ~autoencoder_kl() override;

  /// image: b 3 h w in [-1, 1]. Sides that are no multiple of spatial_factor() are rounded down, as diffusers
  /// does; error{usage} for less than one latent pixel.
  latent_distribution encode(const at::Tensor& image) const;
  /// latents: b c h w, as unscaled() gives them. Returns b 3 h w, not clamped.
  at::Tensor decode(const at::Tensor& latents) const;
  /// The same one row of the batch at a time: memory of one image, same result.
  at::Tensor decode_sliced(const at::Tensor& latents) const;
  /// Whole where neither side exceeds the tiling's minimum; then the same as encode and decode.
  latent_distribution encode_tiled(const at::Tensor& image, const vae_tiling& tiling) const;
  at::Tensor decode_tiled(const at::Tensor& latents, const vae_tiling& tiling) const;

  /// Latents of encode -> those that the denoiser works on, of about unit variance: (z - shift) *
  /// scaling_factor, or (z - mean) * scaling_factor / std where the config has latents_mean and latents_std.
  /// b c h w or b c f h w.
  at::Tensor scaled(const at::Tensor& latents) const;
  /// The way back, to what decode takes.
  at::Tensor unscaled(const at::Tensor& latents) const;

  /// Attention keys of the first releases (query, key, value, proj_attn) under today's names.
  std::string canonical_key(const std::string& key) const;
  double scaling_factor() const;
  double shift_factor() const;
  int64_t latent_channels() const;
  /// Pixels to a latent pixel along each side: 2^(levels - 1).
  int64_t spatial_factor() const;
  /// The weights overflow in f16 and are to be run in f32 (SDXL's do).
  bool force_upcast() const;

 private:
  at::Tensor moments(const at::Tensor& image) const;

  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
