// A token sees those whole steps away along each axis, its own place always among them (the dilated window of
// Longformer: Beltagy et al. 2020, section 3.1): far along for the price of few keys.
#include <ATen/ATen.h>

#include "attention/patterns/makers.hpp"

namespace zoetrope {

namespace {

class dilated_pattern : public attention_pattern {
 public:
  dilated_pattern(int64_t step, int64_t radius) : step_(step), radius_(radius) {}
  at::Tensor visible(const at::Tensor& query, const at::Tensor& key) const override {
    const at::Tensor difference = differences(query, key);
    at::Tensor seen = difference.remainder(step_).eq(0);
    if (radius_ > 0) seen = seen.bitwise_and(difference.abs().le(radius_ * step_));
    return seen.all(-1);
  }

 private:
  const int64_t step_, radius_;
};

}  // namespace

std::unique_ptr<attention_pattern> make_dilated_pattern(const config& options,
                                                        const std::vector<token_axis>&) {
  const int64_t step = options.bounded("step", 2, 1, most_places);
  // In steps; 0: as far as the clip goes.
  return std::make_unique<dilated_pattern>(step, options.bounded("radius", 0, 0, most_places));
}

}  // namespace zoetrope
