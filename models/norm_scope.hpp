// Over what a GroupNorm's statistics run besides height, width and the channels of a group: a frame (2-D
// models, AnimateDiff v2), the whole clip (Hotshot-XL, AnimateDiff v1), or windows of frames between the two.
// A part chosen by name: "frame", "clip", or {"type": "window", "frames": 4}.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/config.hpp"
#include "core/registry.hpp"
#include "models/layers.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

class norm_scope {
 public:
  /// Every frame for itself.
  norm_scope() = default;
  static norm_scope clip() { return norm_scope(whole_clip); }
  static norm_scope window(int64_t frames) { return norm_scope(frames); }

  /// No frame sees another one.
  bool is_frame() const { return frames_ == 1; }
  /// x: (b f) c h w -> the same, normed. The last window of a clip has as many frames as are left.
  /// `shift`: [b, c], added to x first as models/group_norm_silu.hpp says; undefined: none.
  at::Tensor norm(const group_norm& layer, const at::Tensor& x, const unet_context& context,
                  bool silu = false, const at::Tensor& shift = {}) const;

 private:
  static constexpr int64_t whole_clip = 0;
  explicit norm_scope(int64_t frames) : frames_(frames) {}
  int64_t frames_ = 1;
};

using norm_scope_maker = norm_scope (*)(const config& options);
const registry<norm_scope_maker>& norm_scopes();
/// Reads `key` of `options`, a name or an object with a type; `fallback` where it is not there.
norm_scope read_norm_scope(const config& options, const std::string& key, const std::string& fallback);

}  // namespace zoetrope
