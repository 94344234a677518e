// The four parts that make one attention, read from its config and checked against each other:
//   {"layout": {"type": …}, "pattern": {…}, "position": {…}, "backend": {…}}
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "attention/attention.hpp"
#include "attention/layout.hpp"
#include "attention/position.hpp"

namespace zoetrope {

/// What a place in the net takes where its config names no part.
struct attention_defaults {
  std::string layout = "spatial", position = "none";
};

class attention_parts {
 public:
  /// error{bad_input} says why for parts that do not go together. `site.axes` is the layout's business.
  attention_parts(const config& options, const attention_defaults& defaults, position_site site);

  /// Attention between projections laid out (b f) (h w) heads head_dim -> (b f) (h w) (heads head_dim). For
  /// the layout `cross`, k and v are b heads tokens head_dim.
  at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    const clip_size& size) const;

  /// Told what a backend is about to be given, in the layout's order, with positions and mask. Empty: nobody.
  using observer = std::function<void(const attention_input&)>;
  void observe(observer see) { see_ = std::move(see); }

  /// `type` of the backend's config.
  const std::string& backend_name() const { return backend_name_; }
  const attention_layout& layout() const { return *layout_; }
  const attention_position& position() const { return *position_; }
  /// The one part that holds weights.
  attention_position& position() { return *position_; }

 private:
  std::unique_ptr<attention_layout> layout_;
  std::unique_ptr<attention_position> position_;
  std::unique_ptr<attention_backend> backend_;
  std::string backend_name_;
  observer see_;
};

}  // namespace zoetrope
