// A pixel sees itself along the frames: the temporal attention of AnimateDiff and Hotshot-XL.
#include <ATen/ATen.h>

#include "attention/layouts/makers.hpp"

namespace zoetrope {

namespace {

class temporal_layout : public attention_layout {
 public:
  explicit temporal_layout(const config& pattern) : pattern_(make_attention_pattern(pattern, axes())) {}
  std::vector<token_axis> axes() const override { return {token_axis::frame}; }
  bool pixels_are_independent() const override { return true; }

  attention_input arranged(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const clip_size& size) const override {
    // (b f) p heads d -> b p heads f d, by strides
    const auto along_frames = [&](const at::Tensor& x) {
      return x.unflatten(0, {size.batch, size.frames}).permute({0, 2, 3, 1, 4});
    };
    attention_input result{along_frames(q), along_frames(k), along_frames(v)};
    const at::Tensor frames = pattern_->everything() ? at::Tensor() : frame_places(size, q.options());
    if (frames.defined()) result.mask = pattern_->visible(frames, frames);
    return result;
  }
  token_places places(const clip_size& size, const at::TensorOptions& like) const override {
    const at::Tensor frames = frame_places(size, like);
    return {frames, frames, axes(), size.seconds_per_frame};
  }
  at::Tensor restored(const at::Tensor& result, const clip_size& size) const override {
    // b p heads f d -> (b f) p (heads d)
    return result.permute({0, 3, 1, 2, 4}).reshape({size.batch * size.frames, size.pixels(), -1});
  }

 private:
  const std::unique_ptr<attention_pattern> pattern_;
};

}  // namespace

std::unique_ptr<attention_layout> make_temporal_layout(const config&, const config& pattern) {
  return std::make_unique<temporal_layout>(pattern);
}

}  // namespace zoetrope
