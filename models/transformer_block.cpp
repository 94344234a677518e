// See transformer_block.hpp.
#include "models/transformer_block.hpp"

#include "core/error.hpp"

namespace zoetrope {

transformer_block::transformer_block(const options& options)
    : norm1_(options.channels), norm3_(options.channels), ff_(options.channels, options.activation) {
  ZT_CHECK(!options.only_cross_attention || options.context_channels > 0, bad_input,
           "transformer_block: only_cross_attention needs a cross_attention_dim");
  const attention_layer::options attention{.channels = options.channels,
                                           .heads = options.heads,
                                           .head_dim = options.head_dim,
                                           .bias = options.attention_bias,
                                           .parts = options.self_parts};
  attention_layer::options cross = attention;
  cross.context_channels = options.context_channels;
  cross.parts = options.cross_parts;

  if (options.only_cross_attention)
    attn1_ = std::make_unique<cross_attention>(cross);
  else
    attn1_ = std::make_unique<self_attention>(attention);
  add_child("norm1", norm1_);
  add_child("attn1", *attn1_);
  if (options.context_channels > 0) {
    norm2_ = std::make_unique<layer_norm>(options.channels);
    attn2_ = std::make_unique<cross_attention>(cross);
    add_child("norm2", *norm2_);
    add_child("attn2", *attn2_);
  }
  add_child("norm3", norm3_);
  add_child("ff", ff_);
}

at::Tensor transformer_block::forward(at::Tensor x, const clip_size& size,
                                      const unet_context& context) const {
  token_sum tokens(std::move(x));
  attn1_->add_to(tokens, norm1_, size, context);
  if (attn2_) attn2_->add_to(tokens, *norm2_, size, context);
  ff_.add_to(tokens, norm3_, context);
  return tapped(tokens.total());
}

}  // namespace zoetrope
