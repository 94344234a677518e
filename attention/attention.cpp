// See attention.hpp.
#include "attention/attention.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace zoetrope {

void check_attention_shapes(const attention_input& input) {
  const at::Tensor &q = input.q, &k = input.k, &v = input.v;
  ZT_CHECK(q.dim() == 4 && k.dim() == 4 && v.dim() == 4, runtime,
           "attention: q, k, v must be batch, heads, tokens, head_dim; got ", q.sizes(), ", ", k.sizes(),
           ", ", v.sizes());
  ZT_CHECK(q.size(0) == k.size(0) && q.size(1) == k.size(1) && q.size(3) == k.size(3), runtime,
           "attention: q ", q.sizes(), " and k ", k.sizes(), " differ in batch, heads or head_dim");
  ZT_CHECK(k.sizes().slice(0, 3) == v.sizes().slice(0, 3), runtime, "attention: k ", k.sizes(), " and v ",
           v.sizes(), " differ in batch, heads or keys");
}

namespace {

// Holds the whole score matrix: batch, heads, tokens, keys.
at::Tensor dense(const attention_input& input) {
  check_attention_shapes(input);
  const double scale = input.scale.value_or(1.0 / std::sqrt(static_cast<double>(input.q.size(3))));
  at::Tensor scores = at::matmul(input.q, input.k.transpose(-2, -1)) * scale;
  if (!input.mask.defined()) return at::matmul(at::softmax(scores, -1), input.v);

  const double hidden = -std::numeric_limits<double>::infinity();
  scores = input.mask.scalar_type() == at::kBool ? scores.masked_fill(input.mask.logical_not(), hidden)
                                                 : scores + input.mask;
  const at::Tensor blind = scores.eq(hidden).all(-1, /*keepdim=*/true);
  const at::Tensor weights = at::softmax(scores.masked_fill(blind, 0.0), -1).masked_fill(blind, 0.0);
  return at::matmul(weights, input.v);
}

// libtorch picks a fused kernel for device, dtype and shape.
at::Tensor sdpa(const attention_input& input) {
  check_attention_shapes(input);
  const std::optional<at::Tensor> mask = input.mask.defined() ? std::optional(input.mask) : std::nullopt;
  return at::scaled_dot_product_attention(input.q, input.k, input.v, mask, /*dropout_p=*/0.0,
                                          /*is_causal=*/false, input.scale);
}

}  // namespace

const registry<attention_backend>& attention_backends() {
  static const registry<attention_backend> table(
      "attention backend", {{"dense", dense, "matrix product, softmax, matrix product: the oracle"},
                            {"sdpa", sdpa, "libtorch's scaled_dot_product_attention, fused where it can"}});
  return table;
}

}  // namespace zoetrope
