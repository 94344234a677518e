// Attention with linear biases (Press et al. 2022, section 3): a score falls with the distance of its pair,
// in head i of n at the rate 2^(-8i/n). Nothing is learned, and longer clips need nothing new. Here in both
// directions, and over several axes the distances are summed (L1); to look back only is the pattern's task.
//   bias[h, i, j] = -2^(-8 (h + 1) / heads) · Σ_axes |place_i - place_j|
#include <ATen/ATen.h>
#include <ATen/OpMathType.h>

#include <cmath>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

class alibi_position : public attention_position {
 public:
  explicit alibi_position(int64_t heads) {
    for (int64_t i = 1; i <= heads; ++i)
      slopes_.push_back(std::exp2(-8.0 * static_cast<double>(i) / static_cast<double>(heads)));
  }
  bool scores() const override { return true; }
  void attach(attention_input& input, const token_places& places) const override {
    at::Tensor distance = differences_along(places, 0).abs();
    for (int64_t axis = 1; axis < places.queries.size(-1); ++axis)
      distance = distance + differences_along(places, axis).abs();
    const auto options = input.q.options().dtype(at::toOpMathType(input.q.scalar_type()));
    const at::Tensor slopes = at::tensor(slopes_, at::kDouble).to(options).view({-1, 1, 1});
    add_scores(input, (distance.unsqueeze(-3) * slopes.neg()).to(input.q.scalar_type()));
  }

 private:
  std::vector<double> slopes_;  ///< of each head
};

}  // namespace

std::unique_ptr<attention_position> make_alibi_position(const config&, const position_site& site) {
  return std::make_unique<alibi_position>(site.heads);
}

}  // namespace zoetrope
