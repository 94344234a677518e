// All pixels of all frames see each other (the joint attention of TimeSformer: Bertasius et al. 2021,
// section 3.1); a pattern says which frames a frame sees.
#include <ATen/ATen.h>

#include "attention/layouts/makers.hpp"

namespace zoetrope {

namespace {

class space_time_layout : public attention_layout {
 public:
  explicit space_time_layout(const config& pattern)
      : pattern_(make_attention_pattern(pattern, {token_axis::frame})) {}
  std::vector<token_axis> axes() const override {
    return {token_axis::frame, token_axis::row, token_axis::column};
  }

  attention_input arranged(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const clip_size& size) const override {
    // (b f) p heads d -> b heads (f p) d
    const auto whole_clips = [&](const at::Tensor& x) {
      return x.reshape({size.batch, size.frames * size.pixels(), x.size(2), x.size(3)}).transpose(1, 2);
    };
    attention_input result{whole_clips(q), whole_clips(k), whole_clips(v)};
    if (pattern_->everything()) return result;
    const at::Tensor frames = frame_places(size, q.options());
    // [f, f] -> [(f p), (f p)]
    result.mask = pattern_->visible(frames, frames)
                      .repeat_interleave(size.pixels(), 0)
                      .repeat_interleave(size.pixels(), 1);
    return result;
  }
  token_places places(const clip_size& size, const at::TensorOptions& like) const override {
    const at::Tensor all = clip_places(size, like).flatten(0, 1);
    return {all, all, axes(), size.seconds_per_frame};
  }
  at::Tensor restored(const at::Tensor& result, const clip_size& size) const override {
    // b heads (f p) d -> (b f) p (heads d)
    return result.transpose(1, 2).reshape({size.batch * size.frames, size.pixels(), -1});
  }

 private:
  const std::unique_ptr<attention_pattern> pattern_;
};

}  // namespace

std::unique_ptr<attention_layout> make_space_time_layout(const config&, const config& pattern) {
  return std::make_unique<space_time_layout>(pattern);
}

}  // namespace zoetrope
