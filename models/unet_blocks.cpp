// See unet_blocks.hpp.
#include "models/unet_blocks.hpp"

#include <ATen/ATen.h>

#include "models/recomputed.hpp"
#include "models/trained_tensors.hpp"

namespace zoetrope {

namespace {

// The tensors of a context, handed over one by one and put back.
std::vector<at::Tensor> tensors_of(const at::Tensor& x, const unet_context& context) {
  std::vector<at::Tensor> tensors{x, context.time};
  if (context.text)
    for (const keys_values& layer : context.text->layers) tensors.insert(tensors.end(), {layer.k, layer.v});
  return tensors;
}

projected_text text_of(const std::vector<at::Tensor>& tensors) {
  projected_text text;
  for (std::size_t i = 2; i < tensors.size(); i += 2) text.layers.push_back({tensors[i], tensors[i + 1]});
  return text;
}

template <class Layer>
at::Tensor run(const Layer& layer, const at::Tensor& x, const unet_context& context) {
  if (!context.recompute || !context.recompute(layer.path())) return layer.forward(x, context);
  const auto again = [&layer, context](const std::vector<at::Tensor>& tensors) {
    const projected_text text = text_of(tensors);
    unet_context inner = context;
    inner.recompute = {};  // once is enough
    inner.time = tensors[1];
    inner.text = context.text ? &text : nullptr;
    return layer.forward(tensors[0], inner);
  };
  return recomputed(again, tensors_of(x, context), trained_tensors_of(layer));
}

}  // namespace

void unet_block::add_resnet(int64_t in_channels) {
  const config& options = block_.parts.resnet;
  in_context(block_.name, [&] {
    resnets_.add(make_resnet_block(options, {.in_channels = in_channels,
                                             .out_channels = block_.out_channels,
                                             .time_channels = unet_.time_channels,
                                             .groups = unet_.groups,
                                             .eps = unet_.eps,
                                             .scale_shift = unet_.scale_shift,
                                             .output_scale_factor = block_.output_scale_factor,
                                             .scope = block_.scope}));
    if (!unet_.video) return;
    if (auto inserted = make_temporal_module(options.child("temporal"), site(), "none"))
      temp_convs_.add(std::move(inserted));
  });
}

void unet_block::add_spatial(std::size_t layer) {
  const int64_t head_dim = block_.out_channels / block_.heads;
  in_context(block_.name, [&] {
    attentions_.emplace(
        transformer_spatial::options{.in_channels = block_.out_channels,
                                     .depth = block_.depths[layer],
                                     .groups = unet_.groups,
                                     .linear_projection = unet_.linear_projection,
                                     .zero_init = unet_.video,
                                     .block = {.channels = block_.heads * head_dim,
                                               .heads = block_.heads,
                                               .head_dim = head_dim,
                                               .context_channels = block_.text_channels,
                                               .only_cross_attention = block_.only_cross_attention,
                                               .self_parts = block_.parts.spatial,
                                               .cross_parts = block_.parts.cross}});
  });
}

temporal_site unet_block::site() const {
  return {.channels = block_.out_channels, .text_channels = unet_.cross_attention_dim};
}

void unet_block::add_temporal() {
  auto inserted =
      in_context(block_.name, [&] { return make_temporal_module(block_.parts.temporal, site()); });
  if (inserted) temporal_attentions_.add(std::move(inserted));
}

void unet_block::register_layers() {
  add_child("resnets", resnets_);
  if (!temp_convs_.empty()) add_child("temp_convs", temp_convs_);
  if (!attentions_.empty()) add_child("attentions", attentions_);
  if (!temporal_attentions_.empty()) add_child("temporal_attentions", temporal_attentions_);
}

at::Tensor unet_block::run_resnet(std::size_t i, const at::Tensor& x, const unet_context& context) const {
  const at::Tensor y = run(resnets_[i], x, context);
  return temp_convs_.empty() || !context.temporal ? y : run(temp_convs_[i], y, context);
}

at::Tensor unet_block::run_layer(std::size_t i, const at::Tensor& x, const unet_context& context) const {
  at::Tensor y = run_resnet(i, x, context);
  if (!attentions_.empty()) y = run(attentions_[i], y, context);
  if (!temporal_attentions_.empty() && context.temporal) y = run(temporal_attentions_[i], y, context);
  return y;
}

int64_t unet_block::maximum_frames() const {
  int64_t least = 0;
  for (const auto& attention : attentions_) least = fewer_frames(least, attention->maximum_frames());
  for (const auto* list : {&temp_convs_, &temporal_attentions_})
    for (const auto& inserted : *list) least = fewer_frames(least, inserted->maximum_frames());
  return least;
}

unet_down_block::unet_down_block(const unet_options& unet, const unet_block_options& block)
    : unet_block(unet, block) {
  for (int64_t i = 0; i < block.layers; ++i) {
    add_resnet(i == 0 ? block.in_channels : block.out_channels);
    if (block.cross_attention) add_spatial(i);
    if (block.temporal) add_temporal();
  }
  register_layers();
  if (!block.resample) return;
  downsamplers_.emplace(downsample_3d::options{.in_channels = block.out_channels,
                                               .out_channels = block.out_channels,
                                               .padding = unet.downsample_padding});
  add_child("downsamplers", downsamplers_);
}

at::Tensor unet_down_block::forward(at::Tensor x, const unet_context& context,
                                    std::vector<at::Tensor>& skips) const {
  for (std::size_t i = 0; i < resnets_.size(); ++i) {
    x = run_layer(i, x, context);
    skips.push_back(x);
  }
  for (const auto& downsampler : downsamplers_) {
    x = downsampler->forward(x);
    skips.push_back(x);
  }
  return tapped(x);
}

unet_mid_block::unet_mid_block(const unet_options& unet, const unet_block_options& block)
    : unet_block(unet, block) {
  add_resnet(block.in_channels);
  for (int64_t i = 0; i < block.layers; ++i) {
    add_spatial(i);
    if (block.temporal) add_temporal();
    add_resnet(block.out_channels);
  }
  register_layers();
}

at::Tensor unet_mid_block::forward(at::Tensor x, const unet_context& context) const {
  x = run_resnet(0, x, context);
  for (std::size_t i = 0; i < attentions_.size(); ++i) {
    x = run(attentions_[i], x, context);
    if (!temporal_attentions_.empty() && context.temporal) x = run(temporal_attentions_[i], x, context);
    x = run_resnet(i + 1, x, context);
  }
  return tapped(x);
}

unet_up_block::unet_up_block(const unet_options& unet, const unet_block_options& block)
    : unet_block(unet, block) {
  for (int64_t i = 0; i < block.layers; ++i) {
    const int64_t below = i == 0 ? block.in_channels : block.out_channels;
    const int64_t skip = i + 1 == block.layers ? block.skip_channels : block.out_channels;
    add_resnet(below + skip);
    if (block.cross_attention) add_spatial(i);
    if (block.temporal) add_temporal();
  }
  register_layers();
  if (!block.resample) return;
  upsamplers_.emplace(upsample_3d::options{block.out_channels, block.out_channels});
  add_child("upsamplers", upsamplers_);
}

at::Tensor unet_up_block::forward(at::Tensor x, const unet_context& context,
                                  std::vector<at::Tensor>& skips) const {
  for (std::size_t i = 0; i < resnets_.size(); ++i) {
    // In channels-last order the channels of a pixel lie side by side: (b f) c h w + (b f) c' h w -> (b f) (c
    // c') h w
    x = at::cat({x.permute({0, 2, 3, 1}), skips.back().permute({0, 2, 3, 1})}, -1).permute({0, 3, 1, 2});
    skips.pop_back();
    x = run_layer(i, x, context);
  }
  for (const auto& upsampler : upsamplers_)
    x = upsampler->forward(x, {skips.back().size(2), skips.back().size(3)});
  return tapped(x);
}

}  // namespace zoetrope
