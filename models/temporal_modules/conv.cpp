// The temporal convolutions of ModelScope (Wang et al. 2023) and VideoCrafter: x + four times
// [GroupNorm, SiLU, convolution of 3 frames], the last of which starts at zero, so that a fresh module is the
// identity. Names are those of VideoCrafter's TemporalConvBlock and diffusers' TemporalConvLayer: conv1.0 a
// norm and conv1.2 its convolution, then conv2.0 and conv2.3 (there is a dropout between them in training).
#include "models/frame_convolution.hpp"
#include "models/frames.hpp"
#include "models/norm_scope.hpp"
#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

namespace {

constexpr int64_t stage_count = 4, spatial_stages = 2;

struct conv_options {
  int64_t channels, groups;
  norm_scope scope;
  bool spatial_aware, causal;
};

class conv_stage : public module {
 public:
  conv_stage(int64_t index, const conv_options& options)
      : norm_(options.groups, options.channels, 1e-5),
        conv_({.in_channels = options.channels,
               .out_channels = options.channels,
               .size = options.spatial_aware && index < spatial_stages ? 3 : 1,
               .causal = options.causal,
               .start = index + 1 == stage_count ? frame_convolution::fresh::zeros
                                                 : frame_convolution::fresh::fan_in}) {
    add_child("0", norm_);
    add_child(index == 0 ? "2" : "3", conv_);
  }
  at::Tensor forward(const at::Tensor& x, const norm_scope& scope, const unet_context& context) const {
    return conv_.forward(scope.norm(norm_, x, context, /*silu=*/true), context.frames);
  }

 private:
  group_norm norm_;
  frame_convolution conv_;
};

class temporal_conv : public temporal_module {
 public:
  explicit temporal_conv(const conv_options& options) : scope_(options.scope) {
    for (int64_t i = 0; i < stage_count; ++i) {
      stages_.push_back(std::make_unique<conv_stage>(i, options));
      add_child(concat("conv", i + 1), *stages_.back());
    }
  }
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const override {
    at::Tensor y = x;
    for (const auto& stage : stages_) y = stage->forward(y, scope_, context);
    return tapped(add_to(y, x));
  }
  bool fresh_is_identity() const override { return true; }

 private:
  const norm_scope scope_;
  std::vector<std::unique_ptr<conv_stage>> stages_;
};

}  // namespace

std::unique_ptr<temporal_module> make_temporal_conv(const config& options, const temporal_site& site) {
  const conv_options read{.channels = site.channels,
                          .groups = read_norm_groups(options, site),
                          .scope = read_norm_scope(options, "norm_scope", "clip"),
                          .spatial_aware = options.get("spatial_aware", false),
                          .causal = options.get("causal", false)};
  if (read.causal && !read.scope.is_frame())
    throw options.at("causal").fail("the norms would see later frames: wanted norm_scope 'frame'");
  return std::make_unique<temporal_conv>(read);
}

}  // namespace zoetrope
