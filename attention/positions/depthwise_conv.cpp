// Conditional position encoding (Chu et al. 2021, section 3.2): a depthwise convolution added to the tokens,
// told by the padding where an edge is. Over frames it is imagen-pytorch's temporal one, 3 x 1 x 1, `causal`
// where frames must not see later ones; over rows and columns 1 x 3 x 3; over all three 3 x 3 x 3.
//   y = x + (w * x) + b,  w: c 1 k_frames k_rows k_columns
// Weights start at zero: a fresh one changes nothing.
#include <ATen/ATen.h>

#include <algorithm>

#include "attention/positions/makers.hpp"

namespace zoetrope {

namespace {

class depthwise_conv_position : public attention_position {
 public:
  depthwise_conv_position(const position_site& site, bool causal)
      : channels_(site.channels),
        over_frames_(has(site, token_axis::frame)),
        over_pixels_(has(site, token_axis::row)),
        causal_(causal) {
    const int64_t frames = over_frames_ ? 3 : 1, pixels = over_pixels_ ? 3 : 1;
    add_parameter("weight", weight_, {channels_, 1, frames, pixels, pixels}, initializer::zeros());
    add_parameter("bias", bias_, {channels_}, initializer::zeros());
  }
  at::Tensor mixed(const at::Tensor& x, const clip_size& size) const override {
    // (b f) (h w) c -> b c f h w, a view
    at::Tensor video =
        x.reshape({size.batch, size.frames, size.height, size.width, channels_}).permute({0, 4, 1, 2, 3});
    if (causal_) video = at::constant_pad_nd(video, {0, 0, 0, 0, 2, 0});
    const int64_t frames = over_frames_ && !causal_ ? 1 : 0, pixels = over_pixels_ ? 1 : 0;
    const at::Tensor y = at::conv3d(video, weight_.to(x.options()), bias_.to(x.options()), /*stride=*/1,
                                    /*padding=*/{frames, pixels, pixels}, /*dilation=*/1, channels_);
    return x + y.permute({0, 2, 3, 4, 1}).reshape(x.sizes());
  }

 private:
  static bool has(const position_site& site, token_axis axis) {
    return std::find(site.axes.begin(), site.axes.end(), axis) != site.axes.end();
  }

  const int64_t channels_;
  const bool over_frames_, over_pixels_, causal_;
  at::Tensor weight_, bias_;
};

}  // namespace

std::unique_ptr<attention_position> make_depthwise_conv_position(const config& options,
                                                                 const position_site& site) {
  const bool frames = !site.axes.empty() && site.axes[0] == token_axis::frame;
  return std::make_unique<depthwise_conv_position>(site, frames && options.get("causal", false));
}

}  // namespace zoetrope
