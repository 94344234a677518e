// The pixels of a frame see those of other frames: of the first (Text2Video-Zero: Khachatryan et al. 2023,
// eq. 8), of the first and the one before (Tune-A-Video: Wu et al. 2023, eq. 5), or of whichever frames the
// pattern names. Keys are gathered for each frame, so that nothing is computed for the frames that are not
// seen.
#include <ATen/ATen.h>

#include "attention/layouts/makers.hpp"

namespace zoetrope {

namespace {

// For each frame the frames that it sees, and which of them are there to fill up the row.
struct frame_lists {
  at::Tensor seen;   ///< [frames, most], int64
  at::Tensor there;  ///< [frames, most], bool; undefined where all rows are full
};

class cross_frame_layout : public attention_layout {
 public:
  explicit cross_frame_layout(const config& pattern)
      : pattern_(make_attention_pattern(pattern, {token_axis::frame})) {}
  std::vector<token_axis> axes() const override {
    return {token_axis::frame, token_axis::row, token_axis::column};
  }

  attention_input arranged(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const clip_size& size) const override {
    const frame_lists lists = lists_of(size, q.options());
    const int64_t most = lists.seen.size(1), pixels = size.pixels();
    // (b f) p heads d -> b f heads p d
    const auto by_frame = [&](const at::Tensor& x) {
      return x.unflatten(0, {size.batch, size.frames}).transpose(2, 3);
    };
    // -> b f heads (most p) d
    const auto gathered = [&](const at::Tensor& x) {
      return x.unflatten(0, {size.batch, size.frames})
          .index_select(1, lists.seen.flatten())
          .reshape({size.batch, size.frames, most * pixels, x.size(2), x.size(3)})
          .transpose(2, 3);
    };
    attention_input result{by_frame(q), gathered(k), gathered(v)};
    if (lists.there.defined())  // [frames, heads 1, queries 1, keys]
      result.mask = lists.there.repeat_interleave(pixels, 1).view({size.frames, 1, 1, most * pixels});
    return result;
  }
  token_places places(const clip_size& size, const at::TensorOptions& like) const override {
    const at::Tensor seen = lists_of(size, like).seen, all = clip_places(size, like);
    const at::Tensor keys = all.index_select(0, seen.flatten());
    return {all, keys.view({size.frames, seen.size(1) * size.pixels(), 3}), axes(), size.seconds_per_frame};
  }
  at::Tensor restored(const at::Tensor& result, const clip_size&) const override {
    // b f heads p d -> (b f) p (heads d)
    return result.transpose(2, 3).flatten(3).flatten(0, 1);
  }

 private:
  frame_lists lists_of(const clip_size& size, const at::TensorOptions& like) const {
    const at::Tensor frames = frame_places(size, at::TensorOptions(at::kCPU));
    const at::Tensor visible = pattern_->visible(frames, frames);
    const at::Tensor counts = visible.sum(1);
    const int64_t most = counts.max().item<int64_t>();
    // Visible frames first, in order: a stable sort of "is hidden".
    const at::Tensor order = std::get<1>(visible.logical_not().sort(/*stable=*/true, 1, false));
    const at::Device device = like.device();
    const at::Tensor there = at::arange(most, at::kLong).unsqueeze(0) < counts.unsqueeze(1);
    return {order.slice(1, 0, most).contiguous().to(device),
            counts.min().item<int64_t>() == most ? at::Tensor() : there.to(device)};
  }

  const std::unique_ptr<attention_pattern> pattern_;
};

}  // namespace

std::unique_ptr<attention_layout> make_cross_frame_layout(const config&, const config& pattern) {
  return std::make_unique<cross_frame_layout>(pattern);
}

}  // namespace zoetrope
