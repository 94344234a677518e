// Captioned moving shapes, drawn when they are asked for: example `index` is scene number first + index of a
// seed (core/shapes). No file, and ground truth for whoever wants it: draw_scene(world, seed, first + index).
#include <ATen/ops/empty.h>

#include "core/io/sha256.hpp"
#include "core/shapes/caption.hpp"
#include "core/shapes/render.hpp"
#include "training/datasets/makers.hpp"

namespace zoetrope {
namespace {

class shapes : public dataset {
 public:
  shapes(shape_world world, uint64_t seed, int64_t first, int64_t examples)
      : world_(std::move(world)), seed_(seed), first_(first), examples_(examples) {}

  int64_t size() const override { return examples_; }
  int64_t frames() const override { return world_.frames; }
  picture_size size_of(int64_t) const override { return {world_.width, world_.height}; }
  example_label label(int64_t index) const override {
    return {caption(scene_at(index)), {size_of(index), {0, 0}, size_of(index)}};
  }

  at::Tensor pixels(int64_t index) const override {
    const float_clip drawn = render(scene_at(index), world_.width, world_.height, world_.frames);
    at::Tensor tensor = at::empty({3, world_.frames, world_.height, world_.width}, at::kFloat);
    float* to = tensor.mutable_data_ptr<float>();
    for (std::size_t c = 0; c < 3; ++c)  // f h w c -> c f h w
      for (std::size_t i = c; i < drawn.pixels.size(); i += 3) *to++ = drawn.pixels[i] * 2 - 1;
    return tensor;
  }

  std::string content_key(int64_t index) const override {
    const at::Tensor drawn = pixels(index);
    sha256 hash;
    hash.add({static_cast<const std::byte*>(drawn.const_data_ptr()), drawn.nbytes()});
    return concat("shapes ", world_.frames, " frames of ", name_of(size_of(index)), " ", hash.hex());
  }

 private:
  scene scene_at(int64_t index) const {
    ZT_CHECK(index >= 0 && index < examples_, usage, "example ", index, " of ", examples_);
    return draw_scene(world_, seed_, static_cast<uint64_t>(first_ + index));
  }

  shape_world world_;
  uint64_t seed_;
  int64_t first_, examples_;
};

}  // namespace

std::unique_ptr<dataset> make_shapes(const config& options) {
  constexpr int64_t most = int64_t{1} << 40;
  shape_world world = read_shape_world(options);
  const int64_t seed = options.bounded("seed", 0, 0, INT64_MAX), first = options.bounded("first", 0, 0, most);
  const int64_t examples = options.bounded("examples", 65536, 1, int64_t{1} << 28);
  options.expect_all_read();
  return std::make_unique<shapes>(std::move(world), static_cast<uint64_t>(seed), first, examples);
}

}  // namespace zoetrope
