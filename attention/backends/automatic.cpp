// Picks for every call the fastest backend that can serve it.
#include <ATen/ATen.h>

#include "attention/backends/makers.hpp"

namespace zoetrope {

namespace {

class automatic_attention : public attention_backend {
 public:
  explicit automatic_attention(const attention_site& site)
      : dense_(make_dense_attention(config(), site)),
        sdpa_(site.relative ? nullptr : make_sdpa_attention(config(), site)) {}
  at::Tensor forward(const attention_input& input) const override {
    return (input.relative_k.defined() || input.relative_v.defined() ? dense_ : sdpa_)->forward(input);
  }

 private:
  std::unique_ptr<attention_backend> dense_, sdpa_;
};

}  // namespace

std::unique_ptr<attention_backend> make_automatic_attention(const config&, const attention_site& site) {
  return std::make_unique<automatic_attention>(site);
}

}  // namespace zoetrope
