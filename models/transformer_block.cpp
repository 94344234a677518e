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

at::Tensor transformer_block::forward(at::Tensor x, const unet_context& context) const {
  const at::Tensor normed = norm1_.forward(x);
  x = add_to(x, self_ ? self_->forward(normed) : first_->forward(normed, context));
  if (cross_) x = add_to(x, cross_->forward(norm2_->forward(x), context));
  return add_to(x, ff_.forward(norm3_.forward(x)));
}

}  // namespace zoetrope
