// Rotary position embedding (RoFormer: Su et al. 2021, eq. 34): pair i of a query's or key's channels, 2i and
// 2i + 1, turns by x · base^(-2i/d), so that products depend on differences of places alone. With several
// axes the pairs are shared out as Wan does: of c = head_dim / 2 pairs each of n axes has ⌊c/n⌋, the first
// also what is left, and each axis turns its own by its own coordinate, with d twice its pairs. The
// coordinate x of a frame is its index, or its moment: x = index · seconds_per_frame · scale. With `scale` 8
// a clip at 8 frames per second is told as by index, and one at 16 at half the step, as motion is.
#include <ATen/ATen.h>

#include <cmath>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

struct rope_shape {
  std::vector<int64_t> pairs;  ///< of each axis
  double base;
  double frames_per_second;  ///< `scale`; 0: by index
};

class rope_position : public attention_position {
 public:
  explicit rope_position(rope_shape shape) : shape_(std::move(shape)) {}
  bool rotates() const override { return true; }
  void attach(attention_input& input, const token_places& places) const override {
    input.q_rotation = rotation_at(places.queries, places);
    input.k_rotation = rotation_at(places.keys, places);
  }

 private:
  // coordinates: [..., tokens, axes]. Angles in f64: in f32 that of frame 1000 would be off by 1e-4.
  rotation rotation_at(const at::Tensor& coordinates, const token_places& places) const {
    std::vector<at::Tensor> angles;
    for (std::size_t axis = 0; axis < shape_.pairs.size(); ++axis) {
      const bool seconds = places.axes[axis] == token_axis::frame && shape_.frames_per_second > 0;
      const double step = seconds ? places.seconds_per_frame * shape_.frames_per_second : 1.0;
      const auto pairs = static_cast<double>(shape_.pairs[axis]);
      const at::Tensor speed = at::arange(shape_.pairs[axis], coordinates.options().dtype(at::kDouble))
                                   .mul(-std::log(shape_.base) / pairs)
                                   .exp();
      angles.push_back(coordinates.select(-1, static_cast<int64_t>(axis)).unsqueeze(-1) * (speed * step));
    }
    const at::Tensor all = at::cat(angles, -1);
    return {all.cos().to(at::kFloat), all.sin().to(at::kFloat)};
  }

  const rope_shape shape_;
};

std::vector<int64_t> shared_pairs(const config& options, const position_site& site) {
  const auto axes = static_cast<int64_t>(site.axes.size());
  if (site.head_dim % 2 != 0 || site.head_dim < 2 * axes)
    throw options.fail(concat("rope: head_dim ", site.head_dim, " does not give each of ", axes,
                              " axes a pair of channels: wanted an even number, ", 2 * axes, " or more"));
  const int64_t pairs = site.head_dim / 2;
  std::vector<int64_t> shares(site.axes.size(), pairs / axes);
  shares[0] += pairs % axes;
  return shares;
}

// 0 where frames are told by index.
double frames_per_second(const config& options, const position_site& site) {
  if (site.axes[0] != token_axis::frame) return 0;
  const std::string unit = options.get("unit", "index");
  if (unit == "index") return 0;
  if (unit != "seconds")
    throw options.at("unit").fail(concat("got '", printable(unit), "', wanted 'index' or 'seconds'"));
  const double scale = options.get("scale", 8.0);
  if (!(scale > 0 && std::isfinite(scale)))
    throw options.at("scale").fail(concat("got ", scale, ", wanted frames per second above 0"));
  return scale;
}

}  // namespace

std::unique_ptr<attention_position> make_rope_position(const config& options, const position_site& site) {
  const double base = options.get("base", 10000.0);
  if (!(base > 1 && std::isfinite(base)))
    throw options.at("base").fail(concat("got ", base, ", wanted a number above 1"));
  return std::make_unique<rope_position>(
      rope_shape{shared_pairs(options, site), base, frames_per_second(options, site)});
}

}  // namespace zoetrope
