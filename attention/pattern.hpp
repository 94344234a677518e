// Which pairs of tokens may see each other: a rule on their coordinates along the axes of a layout, a part
// chosen by name.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "attention/clip_size.hpp"
#include "core/registry.hpp"

namespace zoetrope {

class attention_pattern {
 public:
  virtual ~attention_pattern() = default;
  /// Every token sees every other: no mask is needed.
  virtual bool everything() const { return false; }
  /// query: [..., n, axes], key: [..., m, axes], int64 coordinates -> bool [..., n, m], true may be seen.
  /// Every query sees at least one key of its own frame sequence.
  virtual at::Tensor visible(const at::Tensor& query, const at::Tensor& key) const = 0;
};

/// `axes` are those that the rule is about: the frame axis alone wherever a layout has one (all pixels of a
/// visible frame are seen), else row and column. error{bad_input} for a rule about frames without them.
using attention_pattern_maker = std::unique_ptr<attention_pattern> (*)(const config& options,
                                                                       const std::vector<token_axis>& axes);
registry<attention_pattern_maker>& attention_patterns();
/// By `type`, `full` where it is not there.
std::unique_ptr<attention_pattern> make_attention_pattern(const config& options,
                                                          const std::vector<token_axis>& axes);

}  // namespace zoetrope
