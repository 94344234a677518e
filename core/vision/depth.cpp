// Depth maps from files, as the SDXL depth ControlNets know them (MiDaS and DPT draw inverse depth: near is
// white), in three equal channels. Those were trained on maps that span black to white; here one range holds
// for the whole clip, where a range for each frame would flicker.
#include <algorithm>

#include "core/vision/makers.hpp"

namespace zoetrope {
namespace {

struct grey_range {
  int low = 255, high = 0;
};

grey_range range_of(const rgb_frames& clip) {
  grey_range range;
  for (const std::vector<uint8_t>& frame : clip.frames)
    for (std::size_t i = 0; i + 2 < frame.size(); i += 3) {
      const int grey = luma(&frame[i]);
      range = {std::min(range.low, grey), std::max(range.high, grey)};
    }
  return range;
}

}  // namespace

preprocessor make_depth(const config& options) {
  const bool normalize = options.get("normalize", true);
  const bool invert = options.get("invert", false);  // for maps where near is dark
  return [=](const rgb_frames& clip) {
    const grey_range range = normalize ? range_of(clip) : grey_range{0, 255};
    const int span = range.high - range.low;  // a clip of one grey stays as it is
    return grey_frames(clip, [&](int grey) {
      const int stretched = span > 0 ? ((grey - range.low) * 255 + span / 2) / span : grey;
      return static_cast<uint8_t>(invert ? 255 - stretched : stretched);
    });
  };
}

}  // namespace zoetrope
