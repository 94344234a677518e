// How far each pixel of a clip is from the background's colour, and how far it must be to be an object's.
#pragma once

#include <cstddef>
#include <vector>

#include "core/io/float_clip.hpp"
#include "core/shapes/render.hpp"

namespace zoetrope {

/// Pixels are counted through the clip: f h w.
struct contrast_map {
  rgb background{};             ///< the median of the frames' borders
  std::vector<float> contrast;  ///< distance of each pixel to it, smoothed against noise
  float threshold = 0;          ///< of objects
};

contrast_map contrasts_of(const float_clip& clip);

rgb colour_at(const float_clip& clip, std::size_t pixel);

}  // namespace zoetrope
