// See transformer_block.hpp.
#include "models/transformer_block.hpp"

#include "core/error.hpp"
#include "models/frames.hpp"

namespace zoetrope {

transformer_block::transformer_block(const options& options)
    : norm1_(options.channels), norm3_(options.channels), ff_(options.channels, options.activation) {
  ZT_CHECK(!options.only_cross_attention || options.context_channels > 0, bad_input,
           "transformer_block: only_cross_attention needs a cross_attention_dim");
  attention_layer::options attention{options.channels,       options.heads,  options.head_dim, 0,
                                     options.attention_bias, options.backend};
  add_child("norm1", norm1_);
  if (!options.only_cross_attention) {
    self_ = std::make_unique<self_attention>(attention);
    add_child("attn1", *self_);
  }
  attention.context_channels = options.context_channels;
  if (options.only_cross_attention) {
    first_ = std::make_unique<cross_attention>(attention);
    add_child("attn1", *first_);
  }
  if (options.context_channels > 0) {
    norm2_ = std::make_unique<layer_norm>(options.channels);
    cross_ = std::make_unique<cross_attention>(attention);
    add_child("norm2", *norm2_);
    add_child("attn2", *cross_);
  }
  add_child("norm3", norm3_);
  add_child("ff", ff_);
}

namespace {

// Rounded up: fused kernels take queries in blocks, and sum a last one of a few rows in another order.
int64_t whole_query_blocks(int64_t tokens) {
  constexpr int64_t block = 64;
  return (tokens + block - 1) / block * block;
}

}  // namespace

at::Tensor transformer_block::forward(at::Tensor x, const unet_context& context) const {
  const std::vector<int64_t> shape = x.sizes().vec();
  const int64_t frames = piece_size(x, 0, context.pieces.attention_frames, context.pieces.smallest_bytes);
  const int64_t tokens = x.size(1);
  const auto attend_to_text = [&](const cross_attention& attention, const layer_norm& norm) {
    const auto layer = [&](const at::Tensor& rows) { return attention.forward(norm.forward(rows), context); };
    // (b f) n c -> b (f n) c: a piece has rows of every clip, which see that clip's text
    x = add_in_pieces(x.view({context.batch, -1, x.size(2)}), 1, whole_query_blocks(frames * tokens), layer)
            .view(shape);
  };
  if (self_)
    x = add_in_pieces(x, 0, frames,
                      [&](const at::Tensor& rows) { return self_->forward(norm1_.forward(rows)); });
  else
    attend_to_text(*first_, norm1_);
  if (cross_) attend_to_text(*cross_, *norm2_);
  return ff_.add_to(x, norm3_, context.pieces);
}

}  // namespace zoetrope
