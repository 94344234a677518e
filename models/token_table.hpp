// A table of embeddings whose ids go on after those of its weight: words that were added to a vocabulary by
// textual inversion (Gal et al. 2022).
#pragma once

#include "models/layers.hpp"

namespace zoetrope {

class token_table : public embedding {
 public:
  using embedding::embedding;
  /// int64 ids [...] -> [..., features]. Gradients pass to `added`.
  at::Tensor forward(const at::Tensor& ids) const;
  int64_t size() const { return count + (added.defined() ? added.size(0) : 0); }
  at::Tensor added;  ///< [n, features], of ids count to count + n - 1; may be undefined
};

}  // namespace zoetrope
