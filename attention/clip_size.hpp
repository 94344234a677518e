// The clip, or the piece of one, whose tokens attend to each other, and where its tokens lie.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace zoetrope {

/// Activations are (batch frames) (height width) c.
struct clip_size {
  int64_t batch = 1, frames = 1, height = 1, width = 1;
  double seconds_per_frame = 0.125;
  int64_t pixels() const { return height * width; }
};

enum class token_axis { frame, row, column };

/// Coordinates along a layout's axes, int64. Leading dimensions broadcast over an attention's batch.
struct token_places {
  at::Tensor queries;  ///< [..., tokens, axes]
  at::Tensor keys;     ///< [..., keys, axes]
  std::vector<token_axis> axes;
  double seconds_per_frame = 0.125;
};

}  // namespace zoetrope
