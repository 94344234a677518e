// Relative keys and values (Shaw et al. 2018, eq. 3 to 5), along the frames, as VideoCrafter's temporal
// attention has them:
//   e_ij = q_i · (k_j + a^K_ij) · scale,  z_i = Σ_j α_ij (v_j + a^V_ij),  a_ij = w[clip(j - i, ±L)]
// with two tables w [2L + 1, head_dim] shared by all heads. Both add to what is there, so clips of any length
// are served: beyond L frames all are equally far.
#include <ATen/ATen.h>

#include <cmath>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

class relative_kv_position : public attention_position {
 public:
  relative_kv_position(int64_t distance, int64_t head_dim) : distance_(distance) {
    const int64_t rows = 2 * distance + 1;
    // Glorot's bound, as the published code draws them.
    const auto init = initializer::uniform(std::sqrt(6.0 / static_cast<double>(rows + head_dim)));
    add_parameter("relative_position_k.embeddings_table", keys_, {rows, head_dim}, init);
    add_parameter("relative_position_v.embeddings_table", values_, {rows, head_dim}, init);
  }
  bool relative() const override { return true; }
  void attach(attention_input& input, const token_places& places) const override {
    const at::Tensor row = differences_along(places, 0).neg().clamp(-distance_, distance_) + distance_;
    input.relative_k = keys_.to(input.q.options()).index({row});
    input.relative_v = values_.to(input.q.options()).index({row});
  }

 private:
  const int64_t distance_;  ///< L
  at::Tensor keys_, values_;
};

}  // namespace

std::unique_ptr<attention_position> make_relative_kv_position(const config& options,
                                                              const position_site& site) {
  if (site.axes != std::vector{token_axis::frame})
    throw options.fail(
        "relative_kv is about frames alone: a table of row, column and frame distances would be too large; "
        "wanted layout temporal, or position mlp_bias, alibi or rope");
  const int64_t distance = options.bounded("maximum_distance", site.maximum_frames, 1, longest_table);
  return std::make_unique<relative_kv_position>(distance, site.head_dim);
}

}  // namespace zoetrope
