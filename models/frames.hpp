// Video activations inside a network: `(b f) c h w` in channels-last order, so that the tokens of a frame, or
// all tokens of a clip, are views of the same memory.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace zoetrope {

/// b c f h w -> (b f) c h w, channels-last
inline at::Tensor fold_frames(const at::Tensor& video) {
  const auto size = video.sizes();
  return video.permute({0, 2, 3, 4, 1})
      .reshape({size[0] * size[2], size[3], size[4], size[1]})
      .permute({0, 3, 1, 2})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

/// (b f) c h w -> b c f h w, a view
inline at::Tensor unfold_frames(const at::Tensor& folded, int64_t frames) {
  return folded.unflatten(0, {folded.size(0) / frames, frames}).transpose(1, 2);
}

/// (b f) c h w, channels-last -> (b f) (h w) c, a view
inline at::Tensor tokens_of(const at::Tensor& folded) { return folded.permute({0, 2, 3, 1}).flatten(1, 2); }

/// (b f) (h w) c -> (b f) c h w, a view in channels-last order
inline at::Tensor image_of(const at::Tensor& tokens, int64_t height, int64_t width) {
  return tokens.unflatten(1, {height, width}).permute({0, 3, 1, 2});
}

/// `fresh` + `other`; into the memory of `fresh`, which nobody else may hold, unless gradients are recorded.
inline at::Tensor add_to(at::Tensor fresh, const at::Tensor& other) {
  return c10::GradMode::is_enabled() ? fresh + other : fresh.add_(other);
}

}  // namespace zoetrope
