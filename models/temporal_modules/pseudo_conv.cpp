// The temporal half of Make-A-Video's pseudo-3D convolution (Singer et al. 2022, section 3.2.1) by itself:
// one convolution over the frames of a pixel that starts as the identity. Also Imagen Video's causal one (Ho
// et al. 2022), which pads at the front alone.
#include "models/frame_convolution.hpp"
#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

namespace {

class pseudo_conv : public temporal_module {
 public:
  explicit pseudo_conv(const frame_convolution::options& options) : conv_(options) {
    add_child("temporal_conv", conv_);
  }
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const override {
    return tapped(conv_.forward(x, context.frames));
  }
  bool fresh_is_identity() const override { return true; }

 private:
  frame_convolution conv_;
};

}  // namespace

std::unique_ptr<temporal_module> make_pseudo_conv(const config& options, const temporal_site& site) {
  const int64_t kernel = options.bounded("kernel", 3, 1, 63);
  if (kernel % 2 == 0) throw options.at("kernel").fail(concat("got ", kernel, ", wanted an odd number"));
  return std::make_unique<pseudo_conv>(
      frame_convolution::options{.in_channels = site.channels,
                                 .out_channels = site.channels,
                                 .frames = kernel,
                                 .causal = options.get("causal", false),
                                 .one_dimensional = true,
                                 .start = frame_convolution::fresh::identity});
}

}  // namespace zoetrope
