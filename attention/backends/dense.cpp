// Attention as its equation says, with the whole score matrix in memory: batch, heads, tokens, keys. The
// oracle that the other backends are held to.
#include <ATen/ATen.h>

#include <limits>

#include "attention/backends/makers.hpp"

namespace zoetrope {

namespace {

// The pair's own term of Shaw et al. 2018, eq. 4: q · relative_k, for all pairs
at::Tensor relative_scores(const at::Tensor& q, const at::Tensor& relative_k) {
  return at::einsum("...hqd,qkd->...hqk", {q, relative_k});
}

at::Tensor hidden_by(const at::Tensor& scores, const at::Tensor& mask) {
  constexpr double hidden = -std::numeric_limits<double>::infinity();
  return mask.scalar_type() == at::kBool ? scores.masked_fill(mask.bitwise_not(), hidden) : scores + mask;
}

// softmax over keys; zeros where a token sees none
at::Tensor weights_of(const at::Tensor& scores, bool masked) {
  if (!masked) return at::softmax(scores, -1);
  const at::Tensor blind = scores.eq(-std::numeric_limits<double>::infinity()).all(-1, /*keepdim=*/true);
  return at::softmax(scores.masked_fill(blind, 0.0), -1).masked_fill(blind, 0.0);
}

class dense_attention : public attention_backend {
 public:
  at::Tensor forward(const attention_input& input) const override {
    const at::Tensor weights = attention_weights(input);
    const at::Tensor result = at::matmul(weights, input.v);
    if (!input.relative_v.defined()) return result;
    return result + at::einsum("...hqk,qkd->...hqd", {weights, input.relative_v});
  }
};

}  // namespace

at::Tensor attention_weights(const attention_input& given) {
  check_attention_shapes(given);
  const attention_input input = rotated(given);
  at::Tensor scores = at::matmul(input.q, input.k.transpose(-2, -1));
  if (input.relative_k.defined()) scores = scores + relative_scores(input.q, input.relative_k);
  scores = scores * scale_of(input);
  if (input.mask.defined()) scores = hidden_by(scores, input.mask);
  return weights_of(scores, input.mask.defined());
}

std::unique_ptr<attention_backend> make_dense_attention(const config&, const attention_site&) {
  return std::make_unique<dense_attention>();
}

}  // namespace zoetrope
