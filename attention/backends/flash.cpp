// Our tiled kernels for attention of any length (attention/flash_attention.hpp).
#include <ATen/ATen.h>

#include "attention/attention_kernel.hpp"
#include "attention/backends/makers.hpp"
#include "attention/flash_attention.hpp"

namespace zoetrope {

namespace {

class flash_backend : public attention_backend {
 public:
  at::Tensor forward(const attention_input& input) const override {
    return has_few_keys(input) ? few_keys_attention(input) : flash_attention(input);
  }
};

}  // namespace

std::unique_ptr<attention_backend> make_flash_attention(const config& options, const attention_site& site) {
  if (site.relative)
    throw options.fail(
        "flash knows no relative keys and values (position relative_kv); dense, sliced and short do");
  expect_served_head_dim(options, "flash attention", site.head_dim);
  return std::make_unique<flash_backend>();
}

}  // namespace zoetrope
