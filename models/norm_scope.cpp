// See norm_scope.hpp.
#include "models/norm_scope.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

norm_scope frame_scope(const config&) { return {}; }
norm_scope clip_scope(const config&) { return norm_scope::clip(); }
norm_scope window_scope(const config& options) {
  return norm_scope::window(options.bounded("frames", 4, 1, 1 << 20));
}

at::Tensor normed(const group_norm& layer, const at::Tensor& x, int64_t frames, bool silu,
                  const at::Tensor& shift) {
  return silu ? layer.forward_silu(x, frames, shift) : layer.forward(x, frames, shift);
}

}  // namespace

const registry<norm_scope_maker>& norm_scopes() {
  static const registry<norm_scope_maker> table(
      "norm scope", {{"frame", frame_scope, "every frame has its own statistics"},
                     {"clip", clip_scope, "the frames of a clip share them"},
                     {"window", window_scope, "groups of consecutive frames share them"}});
  return table;
}

norm_scope read_norm_scope(const config& options, const std::string& key, const std::string& fallback) {
  if (options.has(key) && options.at(key).is_object()) {
    const config scope = options.at(key);
    return norm_scopes().find(scope.get<std::string>("type"))(scope);
  }
  return norm_scopes().find(options.get(key, fallback))(config());
}

at::Tensor norm_scope::norm(const group_norm& layer, const at::Tensor& x, const unet_context& context,
                            bool silu, const at::Tensor& shift) const {
  const int64_t frames = frames_ == whole_clip ? context.frames : std::min(frames_, context.frames);
  if (context.frames % frames == 0) return normed(layer, x, frames, silu, shift);
  std::vector<at::Tensor> windows;
  for (const at::Tensor& window : x.unflatten(0, {-1, context.frames}).split(frames, 1))
    windows.push_back(
        normed(layer, window.flatten(0, 1), window.size(1), silu, shift).unflatten(0, {-1, window.size(1)}));
  return at::cat(windows, 1).flatten(0, 1);
}

}  // namespace zoetrope
