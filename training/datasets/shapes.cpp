// See shapes.hpp.
#include "training/datasets/shapes.hpp"

#include <ATen/ops/empty.h>

#include "core/io/sha256.hpp"
#include "core/shapes/caption.hpp"
#include "core/shapes/render.hpp"
#include "training/datasets/makers.hpp"

namespace zoetrope {

namespace {

// f h w c in [0, 1] -> c f h w in [-1, 1]
at::Tensor tensor_of(const float_clip& drawn) {
  at::Tensor tensor = at::empty({3, drawn.frames, drawn.height, drawn.width}, at::kFloat);
  float* to = tensor.mutable_data_ptr<float>();
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = c; i < drawn.pixels.size(); i += 3) *to++ = drawn.pixels[i] * 2 - 1;
  return tensor;
}

}  // namespace

shapes_dataset::shapes_dataset(shape_world world, uint64_t seed, int64_t first, int64_t examples)
    : world_(std::move(world)), seed_(seed), first_(first), examples_(examples) {}

scene shapes_dataset::scene_of(int64_t index) const {
  ZT_CHECK(index >= 0 && index < examples_, usage, "example ", index, " of ", examples_);
  return draw_scene(world_, seed_, static_cast<uint64_t>(first_ + index));
}

example_label shapes_dataset::label(int64_t index) const {
  return {caption(scene_of(index)), {size_of(index), {0, 0}, size_of(index)}};
}

at::Tensor shapes_dataset::pixels(int64_t index) const {
  return tensor_of(render(scene_of(index), world_.width, world_.height, world_.frames));
}

at::Tensor shapes_dataset::frames_of(int64_t index, const std::vector<int64_t>& picked) const {
  return tensor_of(render(scene_of(index), world_.width, world_.height, world_.frames,
                          std::vector<int>(picked.begin(), picked.end())));
}

std::string shapes_dataset::content_key(int64_t index) const {
  const at::Tensor drawn = pixels(index);
  sha256 hash;
  hash.add({static_cast<const std::byte*>(drawn.const_data_ptr()), drawn.nbytes()});
  return concat("shapes ", world_.frames, " frames of ", name_of(size_of(index)), " ", hash.hex());
}

std::unique_ptr<dataset> make_shapes(const config& options, const dataset_site&) {
  constexpr int64_t most = int64_t{1} << 40;
  shape_world world = read_shape_world(options);
  const int64_t seed = options.bounded("seed", 0, 0, INT64_MAX), first = options.bounded("first", 0, 0, most);
  const int64_t examples = options.bounded("examples", 65536, 1, int64_t{1} << 28);
  options.expect_all_read();
  return std::make_unique<shapes_dataset>(std::move(world), static_cast<uint64_t>(seed), first, examples);
}

}  // namespace zoetrope
