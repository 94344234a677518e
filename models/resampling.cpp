// See resampling.hpp.
#include "models/resampling.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/tensor/kernel_launch.hpp"
#include "models/phase_upsampling.hpp"

namespace zoetrope {

downsample_3d::downsample_3d(const options& options) : padding_(options.padding) {
  ZT_CHECK(options.convolution || options.in_channels == options.out_channels, bad_input,
           "downsample_3d: without a convolution ", options.in_channels, " channels cannot become ",
           options.out_channels);
  if (!options.convolution) return;
  conv_ = std::make_unique<conv2d>(options.in_channels, options.out_channels,
                                   conv2d::options{.kernel = 3, .stride = 2, .padding = padding_});
  add_child("conv", *conv_);
}

at::Tensor downsample_3d::forward(const at::Tensor& x) const {
  if (!conv_) return tapped(at::avg_pool2d(x, 2));
  return tapped(conv_->forward(padding_ == 0 ? at::constant_pad_nd(x, {0, 1, 0, 1}) : x));
}

upsample_3d::upsample_3d(const options& options) {
  if (!options.convolution) return;
  conv_ = std::make_unique<conv2d>(options.in_channels, options.out_channels, conv2d::options{});
  add_child("conv", *conv_);
}

bool upsample_3d::takes_phases(const at::Tensor& x, std::array<int64_t, 2> size) const {
  // A lent weight is not here yet, and records nothing.
  return conv_ && conv_->adapters.empty() && size[0] == 2 * x.size(2) && size[1] == 2 * x.size(3) &&
         phases_pay(x, conv_->out_channels) && !records_gradient({x, conv_->weight, conv_->bias});
}

at::Tensor upsample_3d::forward(const at::Tensor& x, std::array<int64_t, 2> size) const {
  if (takes_phases(x, size)) {
    const borrowed_weights held(*conv_);
    return tapped(phase_upsampling(x, conv_->weight, conv_->bias));
  }
  const at::Tensor larger = at::upsample_nearest2d(x, size);
  return tapped(conv_ ? conv_->forward(larger) : larger);
}

}  // namespace zoetrope
