// See float_clip.hpp.
#include "core/io/float_clip.hpp"

#include "core/error.hpp"

namespace zoetrope {

void check_clip(const float_clip& clip) {
  ZT_CHECK(clip.width > 0 && clip.height > 0 && clip.frames > 0, usage, "a clip of ", clip.frames,
           " frames of ", clip.width, " x ", clip.height, ": wanted at least one of each");
  const std::size_t wanted = std::size_t(clip.frames) * clip.height * clip.width * 3;
  ZT_CHECK(clip.pixels.size() == wanted, usage, "a clip has ", clip.pixels.size(), " values, wanted ",
           wanted);
}

float_clip to_float(const rgb_frames& clip) {
  check_frames(clip);
  float_clip result{clip.width, clip.height, int(clip.frames.size()), {}};
  result.pixels.reserve(clip.frames.size() * clip.frames[0].size());
  for (const std::vector<uint8_t>& frame : clip.frames)
    for (const uint8_t value : frame) result.pixels.push_back(float(value) / 255);
  return result;
}

rgb_frames to_rgb(const float_clip& clip) {
  check_clip(clip);
  rgb_frames result{clip.width, clip.height, {}};
  const std::size_t size = std::size_t(clip.height) * clip.width * 3;
  for (int f = 0; f < clip.frames; ++f) {
    std::vector<uint8_t>& frame = result.frames.emplace_back(size);
    for (std::size_t i = 0; i < size; ++i) {
      const float value = clip.pixels[f * size + i];
      frame[i] = value >= 1 ? 255 : value > 0 ? uint8_t(value * 255 + 0.5f) : 0;  // NaN falls to 0
    }
  }
  return result;
}

}  // namespace zoetrope
