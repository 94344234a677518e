// Attention whose weights are a product of features, so that its cost grows with the tokens and not with
// their square:
//
//   feature elu      w_ij = phi(q_i) · phi(k_j) / sum_l phi(q_i) · phi(k_l),  phi(x) = elu(x) + 1
//                    (Katharopoulos et al. 2020, eq. 4 to 7)
//   feature softmax  w_ij = softmax_channels(q_i) · softmax_keys(k)_j
//                    (Shen et al. 2021, Efficient Attention)
//
// It is not the softmax of the other backends: a net must be trained with it. Rows of w sum to one. Masks,
// scores and relative tables are about single pairs, which this form never sees. Both features are of scaled
// tokens: sqrt(scale) each.
#include <ATen/ATen.h>

#include <cmath>

#include "attention/backends/makers.hpp"

namespace zoetrope {

namespace {

class linear_attention : public attention_backend {
 public:
  explicit linear_attention(bool softmax) : softmax_(softmax) {}

  at::Tensor forward(const attention_input& given) const override {
    check_attention_shapes(given);
    ZT_CHECK(!given.mask.defined() && !given.relative_k.defined() && !given.relative_v.defined(), runtime,
             "linear attention: knows no mask, no scores and no relative tables");
    const attention_input input = rotated(given);
    const double scale = std::sqrt(scale_of(input));
    const at::Tensor q = input.q * scale, k = input.k * scale;
    if (softmax_) return at::matmul(at::softmax(q, -1), summary(at::softmax(k, -2), input.v));
    const at::Tensor q_features = at::elu(q) + 1, k_features = at::elu(k) + 1;
    // sum_j phi(k_j), as a column: head_dim, 1
    const at::Tensor total = k_features.sum(-2, /*keepdim=*/true).transpose(-2, -1);
    return at::matmul(q_features, summary(k_features, input.v)) / at::matmul(q_features, total);
  }

 private:
  /// sum_j phi(k_j) v_jᵀ: head_dim, value_dim
  static at::Tensor summary(const at::Tensor& features, const at::Tensor& v) {
    return at::matmul(features.transpose(-2, -1), v);
  }

  const bool softmax_;
};

}  // namespace

std::unique_ptr<attention_backend> make_linear_attention(const config& options, const attention_site& site) {
  const std::string feature = options.get("feature", "elu");
  if (feature != "elu" && feature != "softmax")
    throw options.fail(concat("feature: '", printable(feature), "' is neither elu nor softmax"));
  if (site.masked)
    throw options.fail(
        "linear sums over all keys at once: it can hide no pair and add no score; use dense or sdpa");
  if (site.relative)
    throw options.fail(
        "linear never sees a single pair: it knows no relative keys and values; use dense, sliced or short");
  return std::make_unique<linear_attention>(feature == "softmax");
}

}  // namespace zoetrope
