// Pictures and clips for the tests of files, and how far two are apart.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/io/video.hpp"

namespace zoetrope {

inline rgb_image gradient(int width, int height, int shift = 0) {
  rgb_image image{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value :
           {x * 255 / std::max(1, width - 1), y * 255 / std::max(1, height - 1), (x + y + shift) % 256})
        image.pixels.push_back(static_cast<uint8_t>(value));
  return image;
}

inline rgb_frames gradient_clip(int width, int height, int frames) {
  rgb_frames clip{width, height, {}};
  for (int i = 0; i < frames; ++i) clip.frames.push_back(gradient(width, height, i * 16).pixels);
  return clip;
}

/// Frame i is of one colour, the i-th of eight.
inline rgb_frames flat_clip(int width, int height, int frames) {
  static constexpr std::array<std::array<uint8_t, 3>, 8> colours{{{255, 0, 0},
                                                                  {0, 255, 0},
                                                                  {0, 0, 255},
                                                                  {13, 77, 201},
                                                                  {255, 255, 255},
                                                                  {0, 0, 0},
                                                                  {128, 128, 128},
                                                                  {250, 180, 3}}};
  rgb_frames clip{width, height, {}};
  for (int i = 0; i < frames; ++i) {
    std::vector<uint8_t>& pixels = clip.frames.emplace_back();
    for (int p = 0; p < width * height; ++p)
      pixels.insert(pixels.end(), colours[i % 8].begin(), colours[i % 8].end());
  }
  return clip;
}

/// A picture that no two formulas share: the high bytes of a linear congruential generator.
inline rgb_image noise(int width, int height) {
  rgb_image image{width, height, {}};
  uint32_t state = 12345;
  for (int i = 0; i < width * height * 3; ++i) {
    state = state * 1664525u + 1013904223u;
    image.pixels.push_back(static_cast<uint8_t>(state >> 24));
  }
  return image;
}

/// FNV-1a.
inline uint64_t hash_of(const std::vector<uint8_t>& bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

inline int largest_difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  if (a.size() != b.size()) return 1000;
  int worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

inline double mean_difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  if (a.size() != b.size()) return 1000;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

}  // namespace zoetrope
