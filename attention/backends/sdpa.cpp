// libtorch's scaled_dot_product_attention, which picks a fused kernel for device, dtype and shape.
#include <ATen/ATen.h>

#include "attention/backends/makers.hpp"

namespace zoetrope {

namespace {

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const attention_input& input) {
  std::optional<at::Tensor> mask;
  if (input.mask.defined())
    mask = input.mask.scalar_type() == at::kBool ? input.mask : input.mask.to(q.scalar_type());
  return at::scaled_dot_product_attention(q, k, v, mask, /*dropout_p=*/0.0, /*is_causal=*/false, input.scale);
}

class sdpa_attention : public attention_backend {
 public:
  at::Tensor forward(const attention_input& given) const override {
    check_attention_shapes(given);
    ZT_CHECK(!given.relative_k.defined() && !given.relative_v.defined(), runtime,
             "sdpa attention: knows no relative keys and values");
    const attention_input input = rotated(given);
    if (input.q.dim() == 4) return attend(input.q, input.k, input.v, input);
    // Its fused kernels take one dimension of batch. One call for each of the first saves copies: the two
    // seldom lie in memory as one.
    std::vector<at::Tensor> results;
    for (int64_t i = 0; i < input.q.size(0); ++i) {
      attention_input part = input;
      if (part.mask.defined() && part.mask.dim() == 5)
        part.mask = part.mask.select(0, part.mask.size(0) == 1 ? 0 : i);
      results.push_back(attend(input.q[i], input.k[i], input.v[i], part));
    }
    return results.size() == 1 ? results[0].unsqueeze(0) : at::stack(results);
  }
};

}  // namespace

std::unique_ptr<attention_backend> make_sdpa_attention(const config& options, const attention_site& site) {
  if (site.relative)
    throw options.fail(
        "sdpa knows no relative keys and values (position relative_kv); dense, sliced and short do");
  return std::make_unique<sdpa_attention>();
}

}  // namespace zoetrope
