// See transformer_temporal.hpp.
#include "models/transformer_temporal.hpp"

#include <ATen/ATen.h>

#include "models/frames.hpp"

namespace zoetrope {

namespace {

// Half of the channels come from the frame before, zeros in the first (token shift: Singer et al. 2022's
// make-a-video). (b f) p c -> the same
at::Tensor shifted(const at::Tensor& x, const clip_size& size) {
  const auto halves = x.unflatten(0, {size.batch, size.frames}).chunk(2, -1);
  const at::Tensor late = at::constant_pad_nd(halves[1].slice(1, 0, size.frames - 1), {0, 0, 0, 0, 1, 0});
  return at::cat({halves[0], late}, -1).flatten(0, 1);
}

}  // namespace

transformer_temporal::block::block(const options& options)
    : token_shift(options.token_shift),
      ff(options.heads * options.head_dim, options.activation),
      ff_norm(options.heads * options.head_dim) {
  const int64_t channels = options.heads * options.head_dim;
  attention_layer::options attention{.channels = channels,
                                     .heads = options.heads,
                                     .head_dim = options.head_dim,
                                     .bias = options.attention_bias,
                                     .parts = options.parts,
                                     .defaults = {.layout = "temporal", .position = "sinusoidal"},
                                     .maximum_frames = options.maximum_frames};
  attention_layer::options cross = attention;
  cross.context_channels = options.text_channels;
  cross.parts = config();
  for (const transformer_temporal::attention kind : options.attentions) {
    if (kind == transformer_temporal::attention::self)
      attention_blocks.emplace<self_attention>(attention);
    else
      attention_blocks.emplace<cross_attention>(cross);
    norms.emplace(channels);
  }
  add_child("attention_blocks", attention_blocks);
  add_child("norms", norms);
  add_child("ff", ff);
  add_child("ff_norm", ff_norm);
}

at::Tensor transformer_temporal::block::forward(at::Tensor x, const clip_size& size,
                                                const unet_context& context) const {
  token_sum tokens(std::move(x));
  for (std::size_t i = 0; i < attention_blocks.size(); ++i)
    attention_blocks[i].add_to(tokens, norms[i], size, context);
  if (token_shift)
    tokens.add(ff.forward(shifted(tokens.normed(ff_norm), size)));
  else
    ff.add_to(tokens, ff_norm, context);
  return tapped(tokens.total());
}

transformer_temporal::transformer_temporal(const options& options)
    : scope_(options.scope),
      zero_init_(options.zero_init),
      norm_(options.groups, options.in_channels, 1e-6),
      proj_in_({options.in_channels, options.heads * options.head_dim}),
      proj_out_(
          {options.heads * options.head_dim, options.in_channels, /*convolution=*/false, options.zero_init}) {
  add_child("norm", norm_);
  add_child("proj_in", proj_in_);
  for (int64_t i = 0; i < options.depth; ++i) transformer_blocks_.emplace(options);
  add_child("transformer_blocks", transformer_blocks_);
  add_child("proj_out", proj_out_);
}

at::Tensor transformer_temporal::forward(const at::Tensor& x, const unet_context& context) const {
  const clip_size size = context.size_of(x);
  at::Tensor tokens = proj_in_.forward(tokens_of(scope_.norm(norm_, x, context)));
  for (const auto& block : transformer_blocks_) tokens = block->forward(tokens, size, context);
  return tapped(add_to(image_of(proj_out_.forward(tokens), x.size(2), x.size(3)), x));
}

int64_t transformer_temporal::maximum_frames() const {
  int64_t most = 0;
  for (const auto& block : transformer_blocks_)
    for (const auto& attention : block->attention_blocks) most = std::max(most, attention->maximum_frames());
  return most;
}

}  // namespace zoetrope
