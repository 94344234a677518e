// A token sees itself and those before: frames in their order, pixels in raster order (row by row, as
// PixelCNN does: van den Oord et al. 2016, section 2.1).
#include <ATen/ATen.h>

#include "attention/patterns/makers.hpp"

namespace zoetrope {

namespace {

class causal_pattern : public attention_pattern {
 public:
  at::Tensor visible(const at::Tensor& query, const at::Tensor& key) const override {
    const at::Tensor difference = differences(query, key);
    at::Tensor seen = difference.select(-1, -1).ge(0);
    // From the last axis to the first: an earlier axis decides unless it is equal.
    for (int64_t axis = difference.size(-1) - 2; axis >= 0; --axis) {
      const at::Tensor along = difference.select(-1, axis);
      seen = along.gt(0).bitwise_or(along.eq(0).bitwise_and(seen));
    }
    return seen;
  }
};

}  // namespace

std::unique_ptr<attention_pattern> make_causal_pattern(const config&, const std::vector<token_axis>&) {
  return std::make_unique<causal_pattern>();
}

}  // namespace zoetrope
