// See transformer_spatial.hpp.
#include "models/transformer_spatial.hpp"

#include "models/frames.hpp"

namespace zoetrope {

transformer_spatial::transformer_spatial(const options& options)
    : norm_(options.groups, options.in_channels, 1e-6),
      proj_in_({options.in_channels, options.block.channels, !options.linear_projection}),
      proj_out_(
          {options.block.channels, options.in_channels, !options.linear_projection, options.zero_init}) {
  add_child("norm", norm_);
  add_child("proj_in", proj_in_);
  for (int64_t i = 0; i < options.depth; ++i) transformer_blocks_.emplace(options.block);
  add_child("transformer_blocks", transformer_blocks_);
  add_child("proj_out", proj_out_);
}

at::Tensor transformer_spatial::forward(const at::Tensor& x, const unet_context& context) const {
  at::Tensor tokens = proj_in_.forward(tokens_of(norm_.forward(x)));
  for (const auto& block : transformer_blocks_) tokens = block->forward(tokens, context.size_of(x), context);
  return tapped(add_to(image_of(proj_out_.forward(tokens), x.size(2), x.size(3)), x));
}

int64_t transformer_spatial::maximum_frames() const {
  return transformer_blocks_.empty() ? 0 : transformer_blocks_[0].maximum_frames();
}

}  // namespace zoetrope
