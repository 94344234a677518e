// Captioned moving shapes, drawn when they are asked for: example `index` is scene number first + index of a
// seed (core/shapes). No file, and the ground truth is at hand.
#pragma once

#include "core/shapes/scene.hpp"
#include "training/dataset.hpp"

namespace zoetrope {

class shapes_dataset : public dataset {
 public:
  shapes_dataset(shape_world world, uint64_t seed, int64_t first, int64_t examples);

  int64_t size() const override { return examples_; }
  int64_t frames() const override { return world_.frames; }
  picture_size size_of(int64_t) const override { return {world_.width, world_.height}; }
  example_label label(int64_t index) const override;
  at::Tensor pixels(int64_t index) const override;
  /// No other frame is drawn.
  at::Tensor frames_of(int64_t index, const std::vector<int64_t>& picked) const override;
  std::string content_key(int64_t index) const override;
  std::string source_key(int64_t) const override { return {}; }

  const shape_world& world() const { return world_; }
  /// error{usage} for an index outside.
  scene scene_of(int64_t index) const;

 private:
  shape_world world_;
  uint64_t seed_;
  int64_t first_, examples_;
};

}  // namespace zoetrope
