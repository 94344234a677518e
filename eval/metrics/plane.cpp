// See plane.hpp.
#include "eval/metrics/plane.hpp"

namespace zoetrope {
namespace {

template <class Of>
plane made_of(const float_clip& clip, int frame, Of&& of) {
  plane out{clip.width, clip.height, std::vector<double>(frame_size(clip) / 3)};
  const float* pixel = frame_of(clip, frame);
  for (double& value : out.values) value = of(pixel), pixel += 3;
  return out;
}

}  // namespace

plane channel_of(const float_clip& clip, int frame, int channel) {
  return made_of(clip, frame, [=](const float* pixel) { return static_cast<double>(pixel[channel]); });
}

plane luma_of(const float_clip& clip, int frame) {
  return made_of(clip, frame, [](const float* rgb) {
    return 0.299 * static_cast<double>(rgb[0]) + 0.587 * static_cast<double>(rgb[1]) +
           0.114 * static_cast<double>(rgb[2]);
  });
}

}  // namespace zoetrope
