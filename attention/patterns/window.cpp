// A token sees those at most `radius` away along each axis (the sliding window of Longformer: Beltagy et al.
// 2020, section 3.1; over rows and columns a square).
#include <ATen/ATen.h>

#include "attention/patterns/makers.hpp"

namespace zoetrope {

namespace {

class window_pattern : public attention_pattern {
 public:
  explicit window_pattern(int64_t radius) : radius_(radius) {}
  at::Tensor visible(const at::Tensor& query, const at::Tensor& key) const override {
    return differences(query, key).abs().le(radius_).all(-1);
  }

 private:
  const int64_t radius_;
};

}  // namespace

std::unique_ptr<attention_pattern> make_window_pattern(const config& options,
                                                       const std::vector<token_axis>&) {
  return std::make_unique<window_pattern>(options.bounded("radius", 4, 0, most_places));
}

}  // namespace zoetrope
