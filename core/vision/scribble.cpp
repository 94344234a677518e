// Scribbles from files: drawings in any colour become white strokes on black, which the scribble ControlNets
// were trained on. Where most of the clip is bright, that is taken for paper, and the drawing is inverted.
#include "core/vision/makers.hpp"

namespace zoetrope {
namespace {

bool is_mostly_bright(const rgb_frames& clip, int threshold) {
  std::size_t bright = 0, all = 0;
  for (const std::vector<uint8_t>& frame : clip.frames)
    for (std::size_t i = 0; i + 2 < frame.size(); i += 3, ++all) bright += luma(&frame[i]) >= threshold;
  return 2 * bright > all;
}

}  // namespace

preprocessor make_scribble(const config& options) {
  const int threshold = options.get("threshold", 128);  // luma from which a pixel is bright
  if (threshold < 1 || threshold > 255)
    throw options.fail(concat("threshold is ", threshold, ", wanted 1 to 255"));
  const auto invert = options.get_optional<bool>("invert");  // not given: by what most of the clip is
  return [=](const rgb_frames& clip) {
    const bool inverted = invert.value_or(is_mostly_bright(clip, threshold));
    return grey_frames(
        clip, [&](int grey) { return static_cast<uint8_t>((grey >= threshold) != inverted ? 255 : 0); });
  };
}

}  // namespace zoetrope
