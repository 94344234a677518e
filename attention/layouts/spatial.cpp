// The pixels of a frame see each other: Stable Diffusion's own self-attention, frame by frame.
#include <ATen/ATen.h>

#include "attention/layouts/makers.hpp"

namespace zoetrope {

namespace {

class spatial_layout : public attention_layout {
 public:
  explicit spatial_layout(const config& pattern) : pattern_(make_attention_pattern(pattern, axes())) {}
  std::vector<token_axis> axes() const override { return {token_axis::row, token_axis::column}; }
  bool frames_are_independent() const override { return true; }

  attention_input arranged(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const clip_size& size) const override {
    // (b f) p heads d -> (b f) heads p d
    const auto heads_first = [](const at::Tensor& x) { return x.transpose(1, 2); };
    attention_input result{heads_first(q), heads_first(k), heads_first(v)};
    const at::Tensor pixels = pattern_->everything() ? at::Tensor() : pixel_places(size, q.options());
    if (pixels.defined()) result.mask = pattern_->visible(pixels, pixels);
    return result;
  }
  token_places places(const clip_size& size, const at::TensorOptions& like) const override {
    const at::Tensor pixels = pixel_places(size, like);
    return {pixels, pixels, axes(), size.seconds_per_frame};
  }
  at::Tensor restored(const at::Tensor& result, const clip_size&) const override {
    return result.transpose(1, 2).flatten(2);
  }

 private:
  const std::unique_ptr<attention_pattern> pattern_;
};

}  // namespace

std::unique_ptr<attention_layout> make_spatial_layout(const config&, const config& pattern) {
  return std::make_unique<spatial_layout>(pattern);
}

}  // namespace zoetrope
