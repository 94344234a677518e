// See attention_layer.hpp.
#include "models/attention_layer.hpp"

#include <ATen/ATen.h>

#include "models/layer_norm_position.hpp"
#include "models/views.hpp"

namespace zoetrope {

attention_layer::attention_layer(const options& options)
    : heads_(options.heads),
      head_dim_(options.head_dim),
      context_channels_(options.context_channels > 0 ? options.context_channels : options.channels),
      to_q_(options.channels, heads_ * head_dim_, options.bias),
      to_k_(context_channels_, heads_ * head_dim_, options.bias),
      to_v_(context_channels_, heads_ * head_dim_, options.bias),
      parts_(options.parts, options.defaults,
             {.channels = options.channels,
              .heads = options.heads,
              .head_dim = options.head_dim,
              .axes = {},
              .maximum_frames = options.maximum_frames}) {
  add_child("to_q", to_q_);
  add_child("to_k", to_k_);
  add_child("to_v", to_v_);
  to_out_.emplace(heads_ * head_dim_, options.channels);  // "to_out.1" is dropout, without weights
  add_child("to_out", to_out_);
  if (!parts_.position().slots().empty()) add_child("pos_encoder", parts_.position());
}

at::Tensor attention_layer::placed(const at::Tensor& x, const layer_norm& norm, const clip_size& size) const {
  at::Tensor table = parts_.position().added(size);
  if (table.defined()) table = table.to(x.options());
  const at::Tensor y = layer_norm_position(
      {.x = x, .weight = norm.weight, .bias = norm.bias, .table = table, .eps = norm.eps});
  return parts_.position().mixed(y.flatten(0, 1), size);
}

self_attention::self_attention(const options& options) : attention_layer(options) {
  if (parts_.layout().axes().empty())
    throw options.parts.fail("layout 'cross' needs a text: wanted a layout of the clip's own tokens");
}

at::Tensor self_attention::attended(const at::Tensor& tokens, const clip_size& size) const {
  const at::Tensor rows = matrix_of(tokens);
  const auto heads = [&](const linear& layer) {
    return layer.forward(rows).view({tokens.size(0), tokens.size(1), heads_, head_dim_});
  };
  const at::Tensor q = heads(to_q_), k = heads(to_k_), v = heads(to_v_);
  return project_out(parts_.attend(q, k, v, size));
}

void self_attention::add_to(token_sum& x, const layer_norm& norm, const clip_size& size,
                            const unet_context& context) const {
  const work_pieces& pieces = context.pieces;
  const int64_t most = maximum_frames();
  ZT_CHECK(most == 0 || size.frames <= most, usage, path(), ": ", size.frames,
           " frames, but the positional table holds ", most);
  const std::vector<int64_t> shape = x.like().sizes().vec();
  if (parts_.layout().frames_are_independent()) {
    const auto layer = [&](token_sum& some) {  // 1 (b f) (h w) c: frames of any clips
      clip_size piece = size;
      piece.batch = 1;
      piece.frames = some.like().size(1);
      return tapped(attended(placed(some.total(), norm, piece), piece));
    };
    x.view_as({1, shape[0], shape[1], shape[2]});
    add_in_pieces(x, 1, piece_size(x.like(), 1, pieces.attention_frames, pieces.smallest_bytes), layer);
    return x.view_as(shape);
  }
  x.view_as({size.batch, size.frames, shape[1], shape[2]});
  int64_t pixels = 0;
  if (parts_.layout().pixels_are_independent() && pieces.attention_frames > 0)
    // As many pixels, with all their frames, as the frames asked for have tokens.
    pixels =
        piece_size(x.like(), 2, std::max<int64_t>(pieces.attention_frames * size.pixels() / size.frames, 1),
                   pieces.smallest_bytes);
  const auto layer = [&](token_sum& some) {  // b f (h w) c
    clip_size piece = size;
    if (some.like().size(2) != size.pixels()) {
      piece.height = 1;
      piece.width = some.like().size(2);
    }
    return tapped(attended(placed(some.total(), norm, piece), piece));
  };
  add_in_pieces(x, 2, pixels, layer);
  x.view_as(shape);
}

namespace {

// The keys are text, whatever else the config says.
attention_layer::options with_cross_layout(attention_layer::options options) {
  options.defaults = {.layout = "cross"};
  const config layout = options.parts.child("layout");
  if (layout.get("type", "cross") != "cross")
    throw layout.at("type").fail("cross-attention sees the text: its layout is 'cross'");
  return options;
}

// Rounded up: fused kernels take queries in blocks, and sum a last one of a few rows in another order.
int64_t whole_query_blocks(int64_t tokens) {
  constexpr int64_t block = 64;
  return (tokens + block - 1) / block * block;
}

}  // namespace

cross_attention::cross_attention(options options) : attention_layer(with_cross_layout(std::move(options))) {}

keys_values cross_attention::project(const at::Tensor& text) const {
  const auto heads_first = [&](const at::Tensor& x) { return split_heads(x).transpose(1, 2); };
  return {heads_first(to_k_.forward(text)), heads_first(to_v_.forward(text))};
}

void cross_attention::add_to(token_sum& x, const layer_norm& norm, const clip_size& size,
                             const unet_context& context) const {
  const keys_values& text = context.text->layers[text_slot];
  const std::vector<int64_t> shape = x.like().sizes().vec();
  const work_pieces& pieces = context.pieces;
  const int64_t frames = piece_size(x.like(), 0, pieces.attention_frames, pieces.smallest_bytes);
  const auto layer = [&](token_sum& some) {
    const at::Tensor rows = some.normed(norm);
    const clip_size piece{size.batch, 1, 1, rows.size(1)};
    const at::Tensor y = project_out(parts_.attend(split_heads(to_q_.forward(rows)), text.k, text.v, piece));
    const bool whole_frames = rows.size(1) % size.pixels() == 0;  // then reported as (b f) (h w) c
    tapped(whole_frames ? y.view({-1, size.pixels(), y.size(-1)}) : y);
    return y;
  };
  // b (f h w) c: a piece has rows of every clip, which see that clip's text
  x.view_as({size.batch, -1, shape[2]});
  add_in_pieces(x, 1, whole_query_blocks(frames * size.pixels()), layer);
  x.view_as(shape);
}

namespace {
void collect(const module& part, std::vector<const cross_attention*>& found) {
  for (const auto& [name, child] : part.children()) {
    if (auto* layer = dynamic_cast<cross_attention*>(child)) {
      layer->text_slot = found.size();
      found.push_back(layer);
    }
    collect(*child, found);
  }
}
}  // namespace

std::vector<const cross_attention*> assign_text_slots(const module& root) {
  std::vector<const cross_attention*> found;
  collect(root, found);
  return found;
}

projected_text project_text(const std::vector<const cross_attention*>& layers, const at::Tensor& text) {
  projected_text all;
  for (const cross_attention* layer : layers) all.layers.push_back(layer->project(text));
  return all;
}

}  // namespace zoetrope
