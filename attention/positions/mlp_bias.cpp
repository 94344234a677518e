// Continuous relative position bias (Swin Transformer V2: Liu et al. 2022, section 3.3): a small network
// gives each head a score for the difference of two places, along all axes at once. make-a-video-pytorch has
// it over rows and columns for space, over frames for time, on plain differences; Swin takes sign(x) log(1 +
// |x|), which carries better to larger clips ("log_distance").
//   bias[h, i, j] = MLP(place_i - place_j)[h],  MLP = (linear, SiLU) x depth, linear
// The last layer starts at zero: a fresh bias leaves a trained attention as it was.
#include <ATen/ATen.h>

#include <cmath>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

struct mlp_shape {
  int64_t axes, width, depth, heads;
  bool log_distance;
};

class mlp_bias_position : public attention_position {
 public:
  explicit mlp_bias_position(const mlp_shape& shape)
      : log_distance_(shape.log_distance),
        weights_(static_cast<std::size_t>(shape.depth) + 1),
        biases_(weights_.size()) {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const bool last = i + 1 == weights_.size();
      const int64_t in = i == 0 ? shape.axes : shape.width, out = last ? shape.heads : shape.width;
      const auto init =
          last ? initializer::zeros() : initializer::uniform(1.0 / std::sqrt(static_cast<double>(in)));
      // The published names: nn.Sequential(linear, SiLU) in a list, then the last layer.
      const std::string name = concat("net.", i, last ? "." : ".0.");
      add_parameter(name + "weight", weights_[i], {out, in}, init);
      add_parameter(name + "bias", biases_[i], {out}, init);
    }
  }
  bool scores() const override { return true; }
  // The network sees every difference once, not every pair: [heads, differences], then looked up.
  void attach(attention_input& input, const token_places& places) const override {
    const at::Tensor table = scores_of(differences_between(places.extents)).t().to(input.q.scalar_type());
    at::Tensor row = at::zeros({}, places.queries.options());
    for (std::size_t axis = 0; axis < places.extents.size(); ++axis) {
      const int64_t extent = places.extents[axis];
      row = row * (2 * extent - 1) + differences_along(places, static_cast<int64_t>(axis)) + (extent - 1);
    }
    // heads, ..., tokens, keys -> ..., heads, tokens, keys
    add_scores(input, table.index({at::indexing::Slice(), row}).movedim(0, -3));
  }

 private:
  // All that can be, in the order of their rows: [differences, axes]
  at::Tensor differences_between(const std::vector<int64_t>& extents) const {
    std::vector<at::Tensor> along;
    for (const int64_t extent : extents)
      along.push_back(at::arange(1 - extent, extent, weights_[0].options()));
    const at::Tensor all = at::stack(at::meshgrid(along, "ij"), -1).flatten(0, -2);
    return log_distance_ ? all.sign() * all.abs().log1p() : all;
  }
  // [differences, axes] -> [differences, heads]
  at::Tensor scores_of(at::Tensor x) const {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      x = at::linear(x, weights_[i], biases_[i]);
      if (i + 1 < weights_.size()) x = at::silu(x);
    }
    return x;
  }

  const bool log_distance_;
  std::vector<at::Tensor> weights_, biases_;
};

}  // namespace

std::unique_ptr<attention_position> make_mlp_bias_position(const config& options, const position_site& site) {
  constexpr int64_t widest = 1 << 14, deepest = 64;
  return std::make_unique<mlp_bias_position>(
      mlp_shape{.axes = static_cast<int64_t>(site.axes.size()),
                .width = options.bounded("width", std::max<int64_t>(site.channels / 2, 1), 1, widest),
                .depth = options.bounded("depth", 2, 1, deepest),
                .heads = site.heads,
                .log_distance = options.get("log_distance", false)});
}

}  // namespace zoetrope
