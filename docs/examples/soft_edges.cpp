// A plug-in with a preprocessor of control clips: each pixel's gradient, as grey, for ControlNets of soft edges.
// docs/plugins.md tells how it is built and used.
#include <algorithm>
#include <cmath>

#include "core/vision/preprocessor.hpp"
#include "pipelines/plugin_abi.hpp"

namespace {

using namespace zoetrope;

// The brightest channel's; frames are h w c, and the border's neighbours beyond it are itself.
uint8_t gradient(const rgb_frames& clip, const std::vector<uint8_t>& frame, int y, int x, double gain) {
  const auto value = [&](int row, int column, int channel) -> double {
    row = std::clamp(row, 0, clip.height - 1);
    column = std::clamp(column, 0, clip.width - 1);
    return frame[static_cast<std::size_t>((row * clip.width + column) * 3 + channel)];
  };
  double steepest = 0;
  for (int c = 0; c < 3; ++c)
    steepest = std::max(steepest, std::hypot(value(y, x + 1, c) - value(y, x - 1, c),
                                             value(y + 1, x, c) - value(y - 1, x, c)));
  return static_cast<uint8_t>(std::min(255.0, gain * steepest));
}

preprocessor make_soft_edges(const config& options) {
  const double gain = options.get("gain", 0.5);
  return [gain](const rgb_frames& clip) {
    rgb_frames edges{clip.width, clip.height, {}};
    for (const auto& frame : clip.frames) {
      auto& drawn = edges.frames.emplace_back();
      for (int y = 0; y < clip.height; ++y)
        for (int x = 0; x < clip.width; ++x) drawn.insert(drawn.end(), 3, gradient(clip, frame, y, x, gain));
    }
    return edges;
  };
}

}  // namespace

extern "C" const char* zoetrope_plugin_abi() { return zoetrope::plugin_abi; }
extern "C" void zoetrope_plugin() {
  zoetrope::preprocessors().add({"soft_edges", make_soft_edges, "gradients as grey, from any clip"});
}
