// A sinusoid added to the tokens (Vaswani et al. 2017, section 3.5), interleaved as AnimateDiff and
// Hotshot-XL store it:
//   PE[t, 2i] = sin(t / 10000^(2i/c)), PE[t, 2i + 1] = cos of the same
// Along the frames it is a buffer of the checkpoint, "positional_encoding" [1, maximum_frames, c], and is
// taken from there. Rows and columns, where a layout has them, share the channels in equal parts with the
// frames and are computed.
#include <ATen/ATen.h>

#include <cmath>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

// [count, channels]
at::Tensor interleaved_sinusoid(int64_t count, int64_t channels) {
  const at::Tensor frequency =
      at::exp(at::arange(0, channels, 2, at::kFloat) * (-std::log(10000.0) / static_cast<double>(channels)));
  const at::Tensor angle = at::arange(count, at::kFloat).unsqueeze(1) * frequency;
  return at::stack({at::sin(angle), at::cos(angle)}, -1).flatten(1);
}

// The tokens are told apart by their frames alone.
class frame_sinusoid : public attention_position {
 public:
  frame_sinusoid(int64_t frames, int64_t channels) : frames_(frames) {
    add_buffer("positional_encoding", positional_encoding_, {1, frames, channels},
               initializer::from([=] { return interleaved_sinusoid(frames, channels).unsqueeze(0); }));
  }
  // [1, f, c] -> [f, 1, c]: the same for all pixels
  at::Tensor added(const clip_size& size) const override {
    return positional_encoding_.slice(1, 0, size.frames).transpose(0, 1);
  }
  int64_t maximum_frames() const override { return frames_; }

 private:
  const int64_t frames_;
  at::Tensor positional_encoding_;
};

class axial_sinusoid : public attention_position {
 public:
  axial_sinusoid(const std::vector<token_axis>& axes, int64_t channels)
      : axes_(axes), channels_(channels / static_cast<int64_t>(axes.size())) {}
  at::Tensor added(const clip_size& size) const override {
    std::vector<at::Tensor> parts;
    for (const token_axis axis : axes_) {
      const int64_t count = axis == token_axis::frame ? size.frames
                            : axis == token_axis::row ? size.height
                                                      : size.width;
      const at::Tensor wave = interleaved_sinusoid(count, channels_);
      const at::Tensor placed = axis == token_axis::frame ? wave.view({count, 1, 1, channels_})
                                : axis == token_axis::row ? wave.view({1, count, 1, channels_})
                                                          : wave.view({1, 1, count, channels_});
      parts.push_back(placed.expand({size.frames, size.height, size.width, channels_}));
    }
    return at::cat(parts, -1).flatten(1, 2);
  }

 private:
  const std::vector<token_axis> axes_;
  const int64_t channels_;  ///< of each axis
};

}  // namespace

std::unique_ptr<attention_position> make_sinusoidal_position(const config& options,
                                                             const position_site& site) {
  const auto axes = static_cast<int64_t>(site.axes.size());
  if (site.channels % (2 * axes) != 0)
    throw options.fail(
        concat("sinusoidal: ", site.channels, " channels do not divide into pairs for ", axes, " axes"));
  if (site.axes == std::vector{token_axis::frame})
    return std::make_unique<frame_sinusoid>(options.get("maximum_frames", site.maximum_frames),
                                            site.channels);
  return std::make_unique<axial_sinusoid>(site.axes, site.channels);
}

}  // namespace zoetrope
