// Our kernels for the few tokens along the frames of a clip (attention/short_attention.hpp).
#include <ATen/ATen.h>

#include "attention/attention_kernel.hpp"
#include "attention/backends/makers.hpp"
#include "attention/short_attention.hpp"

namespace zoetrope {

namespace {

class short_backend : public attention_backend {
 public:
  at::Tensor forward(const attention_input& input) const override { return short_attention(input); }
};

}  // namespace

std::unique_ptr<attention_backend> make_short_attention(const config& options, const attention_site& site) {
  if (site.layout != "temporal")
    throw options.fail(concat("short serves tokens along the frames (layout temporal), not ", site.layout,
                              "; use sdpa or flash there"));
  expect_served_head_dim(options, "short attention", site.head_dim);
  return std::make_unique<short_backend>();
}

}  // namespace zoetrope
