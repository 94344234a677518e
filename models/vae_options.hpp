// The config.json of an AutoencoderKL, read and checked.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config.hpp"
#include "models/vae_blocks.hpp"

namespace zoetrope {

struct vae_options {
  int64_t in_channels, out_channels, latent_channels, layers_per_block;
  std::vector<int64_t> channels;                   ///< of each level, the largest images first
  std::vector<bool> down_attention, up_attention;  ///< of each level, in the order in which they run
  bool mid_attention, quant_conv, post_quant_conv, force_upcast;
  vae_block_options block;
  double scaling_factor, shift_factor;
  std::vector<double> latents_mean, latents_std;  ///< of each latent channel; both empty: shift_factor serves

  int64_t levels() const { return static_cast<int64_t>(channels.size()); }
};

/// Absent keys have the defaults of diffusers' class; error{bad_input} names the key that cannot be honoured.
vae_options read_vae_options(const config& options);

}  // namespace zoetrope
