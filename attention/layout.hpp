// Who is a token of whom: how the pixels of a clip are grouped to attend to each other. A part chosen by
// name; it hands views of q, k and v to a backend, says where their tokens lie, and hides what a pattern
// hides.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "attention/attention.hpp"
#include "attention/clip_size.hpp"
#include "attention/pattern.hpp"
#include "core/registry.hpp"

namespace zoetrope {

class attention_layout {
 public:
  virtual ~attention_layout() = default;
  /// What its tokens are told apart by.
  virtual std::vector<token_axis> axes() const = 0;
  /// q, k, v: (b f) (h w) heads head_dim -> an attention between them, with the pattern's mask.
  virtual attention_input arranged(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                   const clip_size& size) const = 0;
  /// Where the tokens of such an attention lie, as int64 on the device of `like`.
  virtual token_places places(const clip_size& size, const at::TensorOptions& like) const = 0;
  /// A backend's result -> (b f) (h w) (heads head_dim); a view where strides allow.
  virtual at::Tensor restored(const at::Tensor& result, const clip_size& size) const = 0;
  /// Clips may be cut in groups of frames (pixels) that do not see each other.
  virtual bool frames_are_independent() const { return false; }
  virtual bool pixels_are_independent() const { return false; }
};

/// `pattern` is about the frame axis where the layout has one, else about rows and columns.
using attention_layout_maker = std::unique_ptr<attention_layout> (*)(const config& options,
                                                                     const config& pattern);
registry<attention_layout_maker>& attention_layouts();
/// By `type`, `fallback` where it is not there.
std::unique_ptr<attention_layout> make_attention_layout(const config& options, const config& pattern,
                                                        const std::string& fallback);

}  // namespace zoetrope
