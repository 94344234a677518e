// See global_context.hpp.
#include "models/global_context.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "models/frames.hpp"

namespace zoetrope {

namespace {

int64_t hidden_of(int64_t channels) { return std::max<int64_t>(3, channels / 2); }

}  // namespace

global_context::global_context(int64_t channels, pooling pooled)
    : pooled_(pooled),
      to_k_({.in_channels = channels, .out_channels = 1, .convolution = true}),
      narrow_({.in_channels = channels, .out_channels = hidden_of(channels), .convolution = true}),
      widen_({.in_channels = hidden_of(channels),
              .out_channels = channels,
              .convolution = true,
              .zero_init = true}) {
  add_child("to_k", to_k_);
  add_child("net.0", narrow_);
  add_child("net.2", widen_);
}

at::Tensor global_context::forward(const at::Tensor& h, const unet_context& context) const {
  const int64_t groups = pooled_ == pooling::clip ? context.batch : h.size(0);
  // (b f) c h w -> n p c: the pixels of a frame, or of a clip
  const at::Tensor tokens = tokens_of(h).reshape({groups, -1, h.size(1)});
  const at::Tensor weights = at::softmax(to_k_.forward(tokens), 1).transpose(1, 2);  // n 1 p
  const at::Tensor pooled = at::bmm(weights, tokens);                                // n 1 c
  const at::Tensor gate = widen_.forward(at::silu(narrow_.forward(pooled))).sigmoid();
  return image_of((tokens * gate).view({h.size(0), -1, h.size(1)}), h.size(2), h.size(3));
}

}  // namespace zoetrope
