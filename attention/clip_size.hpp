// The clip, or the piece of one, whose tokens attend to each other, and where its tokens lie.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace zoetrope {

enum class token_axis { frame, row, column };

/// Activations are (batch frames) (height width) c.
struct clip_size {
  int64_t batch = 1, frames = 1, height = 1, width = 1;
  double seconds_per_frame = 0.125;
  int64_t pixels() const { return height * width; }
  /// How many places there are along an axis.
  int64_t extent(token_axis axis) const {
    return axis == token_axis::frame ? frames : axis == token_axis::row ? height : width;
  }
};

/// Coordinates along a layout's axes, int64. Leading dimensions broadcast over an attention's batch.
struct token_places {
  at::Tensor queries;  ///< [..., tokens, axes]
  at::Tensor keys;     ///< [..., keys, axes]
  std::vector<token_axis> axes;
  double seconds_per_frame = 0.125;
  std::vector<int64_t> extents = {};  ///< coordinates along an axis are 0 … extent - 1
};

}  // namespace zoetrope
