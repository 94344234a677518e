// See transformer_temporal.hpp.
#include "models/transformer_temporal.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "models/frames.hpp"

namespace zoetrope {

namespace {

// PE[t, 2i] = sin(t / 10000^(2i/c)), PE[t, 2i+1] = cos of the same (Vaswani et al. 2017, section 3.5): [1, f,
// c]
at::Tensor interleaved_sinusoid(int64_t frames, int64_t channels) {
  const at::Tensor frequency =
      at::exp(at::arange(0, channels, 2, at::kFloat) * (-std::log(10000.0) / channels));
  const at::Tensor angle = at::arange(frames, at::kFloat).unsqueeze(1) * frequency;
  return at::stack({at::sin(angle), at::cos(angle)}, -1).flatten(1).unsqueeze(0);
}

constexpr int attentions_per_block = 2;

}  // namespace

temporal_attention::position_table::position_table(int64_t frames, int64_t channels) {
  add_buffer("positional_encoding", positional_encoding, {1, frames, channels},
             initializer::from([=] { return interleaved_sinusoid(frames, channels); }));
}

temporal_attention::temporal_attention(const options& options, int64_t maximum_frames)
    : attention_layer(options), pos_encoder_(maximum_frames, options.channels) {
  add_child("pos_encoder", pos_encoder_);
}

at::Tensor temporal_attention::forward(const at::Tensor& x) const {
  const int64_t batch = x.size(0), frames = x.size(1);
  // [1, f, c] -> [f, 1, c]: the same for all pixels
  const at::Tensor position = pos_encoder_.positional_encoding.slice(1, 0, frames).transpose(0, 1);
  const at::Tensor placed = add_to(x, position);
  const at::Tensor q = to_q_.forward(placed), k = to_k_.forward(placed), v = to_v_.forward(placed);
  // Each clip: f pixels c -> pixels heads f head_dim, by strides. The result is laid out pixel by pixel.
  const auto along_frames = [&](const at::Tensor& t, int64_t b) {
    return split_heads(t.select(0, b).transpose(0, 1));
  };
  std::vector<at::Tensor> clips;
  for (int64_t b = 0; b < batch; ++b)
    clips.push_back(attend(along_frames(q, b), {along_frames(k, b), along_frames(v, b)}));
  const at::Tensor attended = batch == 1 ? clips[0].unsqueeze(0) : at::stack(clips);
  return project_out(attended).transpose(1, 2);  // b pixels f c -> b f pixels c
}

transformer_temporal::block::block(const options& options)
    : ff(options.heads * options.head_dim, options.activation), ff_norm(options.heads * options.head_dim) {
  const int64_t channels = options.heads * options.head_dim;
  const attention_layer::options attention{.channels = channels,
                                           .heads = options.heads,
                                           .head_dim = options.head_dim,
                                           .bias = options.attention_bias,
                                           .backend = options.backend};
  for (int i = 0; i < attentions_per_block; ++i) {
    attention_blocks.emplace(attention, options.maximum_frames);
    norms.emplace(channels);
  }
  add_child("attention_blocks", attention_blocks);
  add_child("norms", norms);
  add_child("ff", ff);
  add_child("ff_norm", ff_norm);
}

at::Tensor transformer_temporal::block::forward(at::Tensor x, const work_pieces& pieces) const {
  // As many pixels, with all their frames, as the frames asked for have tokens.
  const int64_t share =
      pieces.attention_frames > 0 ? std::max<int64_t>(pieces.attention_frames * x.size(2) / x.size(1), 1) : 0;
  const int64_t pixels = piece_size(x, 2, share, pieces.smallest_bytes);
  for (std::size_t i = 0; i < attention_blocks.size(); ++i)
    x = add_in_pieces(x, 2, pixels, [&](const at::Tensor& some) {
      return attention_blocks[i].forward(norms[i].forward(some));
    });
  return ff.add_to(x, ff_norm, pieces);
}

transformer_temporal::transformer_temporal(const options& options)
    : maximum_frames_(options.maximum_frames),
      norm_(options.groups, options.in_channels, 1e-6),
      proj_in_(options.in_channels, options.heads * options.head_dim),
      proj_out_(options.heads * options.head_dim, options.in_channels) {
  ZT_CHECK(options.heads * options.head_dim % 2 == 0, bad_input,
           "transformer_temporal: the sinusoid needs an even ", "channel count; got ",
           options.heads * options.head_dim);
  add_child("norm", norm_);
  add_child("proj_in", proj_in_);
  for (int64_t i = 0; i < options.depth; ++i) transformer_blocks_.emplace(options);
  add_child("transformer_blocks", transformer_blocks_);
  add_child("proj_out", proj_out_);
}

at::Tensor transformer_temporal::forward(const at::Tensor& x, const unet_context& context) const {
  ZT_CHECK(context.frames <= maximum_frames_, usage, path(), ": ", context.frames,
           " frames, but the positional table holds ", maximum_frames_);
  // (b f) c h w -> b f (h w) c
  at::Tensor tokens =
      proj_in_.forward(tokens_of(norm_.forward(x))).unflatten(0, {context.batch, context.frames});
  for (const auto& block : transformer_blocks_) tokens = block->forward(tokens, context.pieces);
  return tapped(add_to(image_of(proj_out_.forward(tokens).flatten(0, 1), x.size(2), x.size(3)), x));
}

}  // namespace zoetrope
