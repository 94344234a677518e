// A sinusoid added to the tokens (Vaswani et al. 2017, section 3.5), interleaved as AnimateDiff and
// Hotshot-XL store it:
//   PE[t, 2i] = sin(t / 10000^(2i/c)), PE[t, 2i + 1] = cos of the same
// Where the layout has frames it tells those, by a buffer of the checkpoint, "positional_encoding"
// [1, maximum_frames, c]. Rows and columns, in a layout without frames, have half of the channels each,
// computed.
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

class pixel_sinusoid : public attention_position {
 public:
  explicit pixel_sinusoid(int64_t channels) : half_(channels / 2) {}
  at::Tensor added(const clip_size& size) const override {
    const at::Tensor rows = interleaved_sinusoid(size.height, half_).unsqueeze(1),
                     columns = interleaved_sinusoid(size.width, half_).unsqueeze(0);
    const std::vector<int64_t> all{size.height, size.width, half_};
    return at::cat({rows.expand(all), columns.expand(all)}, -1).flatten(0, 1);
  }

 private:
  const int64_t half_;
};

}  // namespace

std::unique_ptr<attention_position> make_sinusoidal_position(const config& options,
                                                             const position_site& site) {
  const bool frames = site.axes.front() == token_axis::frame;
  const int64_t multiple = frames ? 2 : 4;
  if (site.channels % multiple != 0)
    throw options.fail(concat("sinusoidal: ", site.channels, " channels are no multiple of ", multiple));
  if (!frames) return std::make_unique<pixel_sinusoid>(site.channels);
  return std::make_unique<frame_sinusoid>(
      options.bounded("maximum_frames", site.maximum_frames, 1, longest_table), site.channels);
}

}  // namespace zoetrope
