// A frame sees the first and the one before (Tune-A-Video: Wu et al. 2023, eq. 5); the first sees itself.
#include <ATen/ATen.h>

#include "attention/patterns/makers.hpp"

namespace zoetrope {

namespace {

class sparse_causal_pattern : public attention_pattern {
 public:
  at::Tensor visible(const at::Tensor& query, const at::Tensor& key) const override {
    const at::Tensor first = key.squeeze(-1).eq(0).unsqueeze(-2);
    return differences(query, key).squeeze(-1).eq(1).bitwise_or(first);
  }
};

}  // namespace

std::unique_ptr<attention_pattern> make_sparse_causal_pattern(const config& options,
                                                              const std::vector<token_axis>& axes) {
  require_frames(options, axes);
  return std::make_unique<sparse_causal_pattern>();
}

}  // namespace zoetrope
