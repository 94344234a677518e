// Every token sees every other.
#include <ATen/ATen.h>

#include "attention/patterns/makers.hpp"

namespace zoetrope {

namespace {

class full_pattern : public attention_pattern {
 public:
  bool everything() const override { return true; }
  at::Tensor visible(const at::Tensor& query, const at::Tensor& key) const override {
    return at::ones({query.size(-2), key.size(-2)}, query.options().dtype(at::kBool));
  }
};

}  // namespace

std::unique_ptr<attention_pattern> make_full_pattern(const config&, const std::vector<token_axis>&) {
  return std::make_unique<full_pattern>();
}

}  // namespace zoetrope
