// Clips whose metrics are known by hand.
#pragma once

#include <cmath>
#include <functional>
#include <random>

#include "eval/metric.hpp"

namespace zoetrope {

/// value(frame, y, x, channel)
inline float_clip made_clip(int frames, int height, int width,
                            const std::function<double(int, int, int, int)>& value) {
  float_clip clip{width, height, frames, {}};
  for (int f = 0; f < frames; ++f)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        for (int c = 0; c < 3; ++c) clip.pixels.push_back(static_cast<float>(value(f, y, x, c)));
  return clip;
}

/// Smooth blobs that do not repeat, moving by (dx, dy) pixels a frame: in [0, 1].
inline float_clip moving_texture(int frames, int height, int width, double dx, double dy) {
  return made_clip(frames, height, width, [=](int f, int y, int x, int c) {
    const double u = x - dx * f, v = y - dy * f;
    return 0.5 + 0.2 * std::sin(0.31 * u + 0.13 * v + c) + 0.15 * std::sin(0.17 * v - 0.07 * u) +
           0.1 * std::sin(0.023 * u * v / 10 + 0.4 * u);
  });
}

/// The clip with independent normal noise of this deviation on every value; not held to [0, 1].
inline float_clip with_noise(float_clip clip, double deviation, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> noise(0, deviation);
  for (float& value : clip.pixels) value += static_cast<float>(noise(generator));
  return clip;
}

/// 6 x 24 x 30 bytes, the same as in make_reference_values.py.
inline rgb_frames counted_clip(uint32_t seed) {
  rgb_frames clip{30, 24, std::vector<std::vector<uint8_t>>(6)};
  uint32_t state = seed;
  for (int f = 0; f < 6; ++f)
    for (int y = 0; y < 24; ++y)
      for (int x = 0; x < 30; ++x)
        for (int c = 0; c < 3; ++c) {
          state = 1664525 * state + 1013904223;
          const int pattern = (3 * x + 5 * y + 2 * f * (1 + c)) % 97 + (7 * x * y + 13 * c) % 41;
          clip.frames[f].push_back(static_cast<uint8_t>(pattern + static_cast<int>(state >> 27) + 40));
        }
  return clip;
}

/// The metric of that name, with every option at its default.
inline std::vector<metric_values> measured(const std::string& type, const metric_input& input,
                                           json options = json::object()) {
  options["type"] = type;
  return make_metric(config(options)).measure(input);
}

}  // namespace zoetrope
