// See vae_blocks.hpp.
#include "models/vae_blocks.hpp"

#include <ATen/ATen.h>

#include "models/frames.hpp"

namespace zoetrope {

vae_resnet::vae_resnet(int64_t in_channels, int64_t out_channels, const vae_block_options& options)
    : act_(options.act),
      norm1_(options.norm_groups, in_channels, vae_norm_eps),
      conv1_(in_channels, out_channels, {}),
      norm2_(options.norm_groups, out_channels, vae_norm_eps),
      conv2_(out_channels, out_channels, {}) {
  add_child("norm1", norm1_);
  add_child("conv1", conv1_);
  add_child("norm2", norm2_);
  add_child("conv2", conv2_);
  if (in_channels == out_channels) return;
  conv_shortcut_ =
      std::make_unique<conv2d>(in_channels, out_channels, conv2d::options{.kernel = 1, .padding = 0});
  add_child("conv_shortcut", *conv_shortcut_);
}

at::Tensor vae_resnet::activated(const group_norm& norm, const at::Tensor& x) const {
  return act_ ? act_(norm.forward(x)) : norm.forward_silu(x);
}

at::Tensor vae_resnet::forward(at::Tensor x) const {
  // One statement a step: each frees what it read, so that no more than three activations live at once.
  at::Tensor h = activated(norm1_, x);
  h = conv1_.forward(h);
  h = activated(norm2_, h);
  h = conv2_.forward(h);
  if (conv_shortcut_) x = conv_shortcut_->forward(x);
  return tapped(add_to(std::move(h), x));
}

vae_attention::vae_attention(int64_t channels, const vae_block_options& options)
    : self_attention({.channels = channels, .heads = 1, .head_dim = channels, .bias = true}),
      group_norm_(options.norm_groups, channels, vae_norm_eps) {
  add_child("group_norm", group_norm_);
}

at::Tensor vae_attention::forward(const at::Tensor& x) const {
  const at::Tensor tokens = tokens_of(group_norm_.forward(x));  // b c h w -> b (h w) c
  const at::Tensor attended = self_attention::attended(tokens, {x.size(0), 1, x.size(2), x.size(3)});
  return tapped(zoetrope::add_to(image_of(attended, x.size(2), x.size(3)), x));
}

vae_mid_block::vae_mid_block(int64_t channels, bool attention, const vae_block_options& options) {
  for (int i = 0; i < 2; ++i) resnets_.emplace(channels, channels, options);
  if (attention) {
    attentions_.emplace(channels, options);
    add_child("attentions", attentions_);
  }
  add_child("resnets", resnets_);
}

at::Tensor vae_mid_block::forward(at::Tensor x) const {
  x = resnets_[0].forward(std::move(x));
  if (!attentions_.empty()) x = attentions_[0].forward(x);
  return tapped(resnets_[1].forward(std::move(x)));
}

vae_level::vae_level(const options& shape, const vae_block_options& options) {
  for (int64_t i = 0; i < shape.layers; ++i)
    resnets_.emplace(i == 0 ? shape.in_channels : shape.out_channels, shape.out_channels, options);
  if (shape.attention) {
    for (int64_t i = 0; i < shape.layers; ++i) attentions_.emplace(shape.out_channels, options);
    add_child("attentions", attentions_);
  }
  add_child("resnets", resnets_);
  const int64_t channels = shape.out_channels;
  if (shape.size == next::half) {
    downsamplers_.emplace(
        downsample_3d::options{.in_channels = channels, .out_channels = channels, .padding = 0});
    add_child("downsamplers", downsamplers_);
  }
  if (shape.size == next::twice) {
    upsamplers_.emplace(upsample_3d::options{.in_channels = channels, .out_channels = channels});
    add_child("upsamplers", upsamplers_);
  }
}

at::Tensor vae_level::forward(at::Tensor x) const {
  for (std::size_t i = 0; i < resnets_.size(); ++i) {
    x = resnets_[i].forward(std::move(x));
    if (!attentions_.empty()) x = attentions_[i].forward(x);
  }
  for (const auto& downsampler : downsamplers_) x = downsampler->forward(x);
  for (const auto& upsampler : upsamplers_) x = upsampler->forward(x);
  return tapped(std::move(x));
}

}  // namespace zoetrope
