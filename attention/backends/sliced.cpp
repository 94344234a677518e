// A few rows of the batch at a time, by another backend: the memory of its scores shrinks by as much. Rows of
// the batch do not see each other, so the result is the same, to the bit where the inner backend's rows do
// not depend on each other.
#include <ATen/ATen.h>

#include "attention/backends/makers.hpp"

namespace zoetrope {

namespace {

class sliced_attention : public attention_backend {
 public:
  sliced_attention(int64_t slice, std::unique_ptr<attention_backend> inner)
      : slice_(slice), inner_(std::move(inner)) {}

  at::Tensor forward(const attention_input& input) const override {
    check_attention_shapes(input);
    // The last dimension of batch is the long one.
    const int64_t batch = input.q.dim() - 4, rows = input.q.size(batch);
    if (rows <= slice_) return inner_->forward(input);
    std::vector<at::Tensor> results;
    for (int64_t first = 0; first < rows; first += slice_)
      results.push_back(inner_->forward(part(input, first, std::min(first + slice_, rows))));
    return at::cat(results, batch);
  }

 private:
  static attention_input part(attention_input input, int64_t first, int64_t last) {
    const int64_t batch = input.q.dim() - 4;
    for (at::Tensor* x : {&input.q, &input.k, &input.v}) *x = x->slice(batch, first, last);
    input.mask = cut(input.mask, 4, first, last);
    for (rotation* turn : {&input.q_rotation, &input.k_rotation})
      for (at::Tensor* x : {&turn->cosine, &turn->sine}) *x = cut(*x, 3, first, last);
    return input;
  }
  /// Of what broadcasts: the rows of its dimension of batch, the `from_end`th from the end, where it has one.
  static at::Tensor cut(const at::Tensor& x, int64_t from_end, int64_t first, int64_t last) {
    if (!x.defined() || x.dim() < from_end || x.size(-from_end) == 1) return x;
    return x.slice(-from_end, first, last);
  }

  const int64_t slice_;
  const std::unique_ptr<attention_backend> inner_;
};

}  // namespace

std::unique_ptr<attention_backend> make_sliced_attention(const config& options, const attention_site& site) {
  const auto slice = options.get<int64_t>("slice", 1);
  if (slice < 1) throw options.fail(concat("slice: ", slice, " rows at a time; wanted 1 or more"));
  const config inner = options.child("inner");
  return std::make_unique<sliced_attention>(slice, attention_backends().chosen(inner, "dense")(inner, site));
}

}  // namespace zoetrope
