// Scenes and clips that several tests start from.
#pragma once

#include <algorithm>

#include "core/shapes/render.hpp"

namespace zoetrope {

/// One plain object of 1/4 of the frame in its middle, on black that is not named.
inline scene plain_scene(const std::string& colour, const std::string& shape, const std::string& motion) {
  scene drawn;
  drawn.background.colour = "black";
  scene_object object;
  object.shape = shape;
  object.size = "medium";
  object.look.colour = colour;
  object.look.value = colour_named(colour).value;
  object.radius = 0.17;
  object.path = {motion, 0.5, 0.5};
  drawn.objects = {object};
  return drawn;
}

/// `times` passes of (1 2 1) / 4 along both axes: soft edges.
inline float_clip blurred(float_clip clip, int times) {
  for (int pass = 0; pass < 2 * times; ++pass) {
    const float_clip before = clip;
    const int dx = pass % 2, dy = 1 - dx;
    const auto at = [&](int f, int y, int x, int c) {
      y = std::clamp(y, 0, clip.height - 1), x = std::clamp(x, 0, clip.width - 1);
      return before.pixels[((std::size_t(f) * clip.height + y) * clip.width + x) * 3 + c];
    };
    std::size_t i = 0;
    for (int f = 0; f < clip.frames; ++f)
      for (int y = 0; y < clip.height; ++y)
        for (int x = 0; x < clip.width; ++x)
          for (int c = 0; c < 3; ++c, ++i)
            clip.pixels[i] = (at(f, y - dy, x - dx, c) + 2 * before.pixels[i] + at(f, y + dy, x + dx, c)) / 4;
  }
  return clip;
}

/// Plus normal noise (a sum of twelve uniform numbers), clamped as a picture is.
inline float_clip noisy(float_clip clip, double deviation, uint64_t seed) {
  splitmix random(seed);
  for (float& value : clip.pixels) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random.uniform();
    value = std::clamp(value + float(deviation * sum), 0.f, 1.f);
  }
  return clip;
}

}  // namespace zoetrope
