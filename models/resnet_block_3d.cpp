// See resnet_block_3d.hpp.
#include "models/resnet_block_3d.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/tensor/kernel_launch.hpp"
#include "models/frames.hpp"

namespace zoetrope {

namespace {

// (b f) c h w, channels-last -> b (f h w) c, a view: a vector [b, 1, c] broadcasts over a whole clip
at::Tensor clip_tokens(const at::Tensor& x, int64_t batch) {
  return x.permute({0, 2, 3, 1}).reshape({batch, -1, x.size(1)});
}

at::Tensor image_like(const at::Tensor& tokens, const at::Tensor& x) {
  return tokens.reshape({x.size(0), x.size(2), x.size(3), x.size(1)}).permute({0, 3, 1, 2});
}

}  // namespace

resnet_block_3d::convolution::convolution(int64_t in_channels, const options& options) {
  const bool full = options.convolution == convolutions::full_3d;
  if (!full) picture = std::make_unique<conv2d>(in_channels, options.out_channels, conv2d::options{});
  if (options.convolution == convolutions::per_frame) return;
  using fresh = frame_convolution::fresh;
  frames = std::make_unique<frame_convolution>(
      frame_convolution::options{.in_channels = full ? in_channels : options.out_channels,
                                 .out_channels = options.out_channels,
                                 .size = full ? 3 : 1,
                                 .causal = options.causal,
                                 .one_dimensional = !full,
                                 .start = full ? fresh::picture : fresh::identity});
}

// Without temporal modules every frame is a clip of its own, and what only mixes frames is skipped.
at::Tensor resnet_block_3d::convolution::forward(const at::Tensor& x, const unet_context& context) const {
  if (!picture) return frames->forward(x, context.temporal ? context.frames : 1);
  const at::Tensor y = picture->forward(x);
  return frames && context.temporal ? frames->forward(y, context.frames) : y;
}

resnet_block_3d::resnet_block_3d(const options& options)
    : options_(options),
      norm1_(options.groups, options.in_channels, options.eps),
      conv1_(options.in_channels, options),
      norm2_(options.groups_out, options.out_channels, options.eps),
      conv2_(options.out_channels, options) {
  add_child("norm1", norm1_);
  add_convolution("1", conv1_);
  if (options.time_channels > 0) {
    time_emb_proj_ =
        std::make_unique<linear>(options.time_channels, options.out_channels * (options.scale_shift ? 2 : 1));
    add_child("time_emb_proj", *time_emb_proj_);
  }
  add_child("norm2", norm2_);
  add_convolution("2", conv2_);
  if (options.gate != gating::none) {
    using pooling = global_context::pooling;
    gate_ = std::make_unique<global_context>(options.out_channels,
                                             options.gate == gating::clip ? pooling::clip : pooling::frame);
    add_child("gca", *gate_);
  }
  if (options.shortcut) {
    conv_shortcut_ =
        std::make_unique<conv2d>(options.in_channels, options.out_channels,
                                 conv2d::options{.kernel = 1, .padding = 0, .bias = options.shortcut_bias});
    add_child("conv_shortcut", *conv_shortcut_);
  }
}

// What a 2-D checkpoint holds bears its name there.
void resnet_block_3d::add_convolution(const char* number, const convolution& added) {
  if (added.picture) add_child(concat("conv", number), *added.picture);
  if (added.frames) add_child(concat(added.picture ? "temporal_conv" : "conv", number), *added.frames);
}

at::Tensor resnet_block_3d::forward(const at::Tensor& x, const unet_context& context) const {
  at::Tensor h = options_.scope.norm(norm1_, x, context, /*silu=*/true);
  h = bias_joins_time(x) ? conv1_.picture->forward_unbiased(h) : conv1_.forward(h, context);
  at::Tensor y = conv2_.forward(second_norm(h, context), context);
  if (gate_) y = gate_->forward(y, context);
  y = add_to(y, conv_shortcut_ ? conv_shortcut_->forward(x) : x);
  return tapped(options_.output_scale_factor == 1.0 ? y : y / options_.output_scale_factor);
}

// A bias costs a GPU a pass over what was convolved. The first one's is added with the time embedding.
bool resnet_block_3d::bias_joins_time(const at::Tensor& x) const {
  return time_emb_proj_ && !options_.scale_shift && !conv1_.frames && computed_on_gpu(x);
}

// silu(norm2(h + t)), or silu(norm2(h) · (1 + scale) + shift)
at::Tensor resnet_block_3d::second_norm(const at::Tensor& h, const unet_context& context) const {
  const norm_scope& scope = options_.scope;
  if (!time_emb_proj_) return scope.norm(norm2_, h, context, /*silu=*/true);
  at::Tensor time = time_emb_proj_->forward(context.time);  // b c
  if (!options_.scale_shift) {
    if (bias_joins_time(h)) time = conv1_.picture->with_bias(time);
    return scope.norm(norm2_, h, context, /*silu=*/true, time);
  }
  const auto scale_and_shift = time.unsqueeze(1).chunk(2, -1);
  const at::Tensor normed = clip_tokens(scope.norm(norm2_, h, context), context.batch);
  return image_like(at::silu(normed * (scale_and_shift[0] + 1) + scale_and_shift[1]), h);
}

}  // namespace zoetrope
