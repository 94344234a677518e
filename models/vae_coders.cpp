// See vae_coders.hpp.
#include "models/vae_coders.hpp"

#include <algorithm>
#include <vector>

namespace zoetrope {

vae_encoder::vae_encoder(const vae_options& options)
    : conv_in_(options.in_channels, options.channels.front(), {}),
      mid_block_(options.channels.back(), options.mid_attention, options.block),
      conv_norm_out_(options.block.norm_groups, options.channels.back(), vae_norm_eps),
      conv_out_(options.channels.back(), 2 * options.latent_channels, {}) {
  for (int64_t i = 0; i < options.levels(); ++i)
    down_blocks_.emplace(vae_level::options{.in_channels = options.channels[std::max<int64_t>(i - 1, 0)],
                                            .out_channels = options.channels[i],
                                            .layers = options.layers_per_block,
                                            .attention = options.down_attention[i],
                                            .size = i + 1 < options.levels() ? vae_level::next::half
                                                                             : vae_level::next::same_size},
                         options.block);
  add_child("conv_in", conv_in_);
  add_child("down_blocks", down_blocks_);
  add_child("mid_block", mid_block_);
  add_child("conv_norm_out", conv_norm_out_);
  add_child("conv_out", conv_out_);
}

at::Tensor vae_encoder::forward(const at::Tensor& image) const {
  at::Tensor x = conv_in_.forward(image);
  for (const auto& level : down_blocks_) x = level->forward(std::move(x));
  x = mid_block_.forward(std::move(x));
  x = conv_norm_out_.forward_silu(x);
  return conv_out_.forward(x);
}

vae_decoder::vae_decoder(const vae_options& options)
    : conv_in_(options.latent_channels, options.channels.back(), {}),
      mid_block_(options.channels.back(), options.mid_attention, options.block),
      conv_norm_out_(options.block.norm_groups, options.channels.front(), vae_norm_eps),
      conv_out_(options.channels.front(), options.out_channels, {}) {
  const std::vector<int64_t> channels(options.channels.rbegin(), options.channels.rend());
  for (int64_t i = 0; i < options.levels(); ++i)
    up_blocks_.emplace(
        vae_level::options{
            .in_channels = channels[std::max<int64_t>(i - 1, 0)],
            .out_channels = channels[i],
            .layers = options.layers_per_block + 1,  // one more than the encoder's
            .attention = options.up_attention[i],
            .size = i + 1 < options.levels() ? vae_level::next::twice : vae_level::next::same_size},
        options.block);
  add_child("conv_in", conv_in_);
  add_child("mid_block", mid_block_);
  add_child("up_blocks", up_blocks_);
  add_child("conv_norm_out", conv_norm_out_);
  add_child("conv_out", conv_out_);
}

at::Tensor vae_decoder::forward(const at::Tensor& latents) const {
  at::Tensor x = conv_in_.forward(latents);
  x = mid_block_.forward(std::move(x));
  for (const auto& level : up_blocks_) x = level->forward(std::move(x));
  x = conv_norm_out_.forward_silu(x);
  return conv_out_.forward(x);
}

}  // namespace zoetrope
