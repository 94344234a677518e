// The temporal shift module (Lin et al. 2019): a share of the channels comes from the next frame,
// as large a share from the frame before, zeros beyond the clip's ends. It has no weights, and it is not the
// identity. The causal one (the paper's online one) takes from the frame before alone.
#include <ATen/ATen.h>

#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

namespace {

class temporal_shift : public temporal_module {
 public:
  temporal_shift(int64_t moved, bool causal) : moved_(moved), causal_(causal) {}

  at::Tensor forward(const at::Tensor& x, const unet_context& context) const override {
    const at::Tensor y = x.clone(at::MemoryFormat::ChannelsLast);
    const at::Tensor from = clips_of(x, context), to = clips_of(y, context);
    const int64_t last = context.frames - 1;
    int64_t channel = 0;
    if (!causal_) {
      const auto ahead = [&](const at::Tensor& t) { return t.narrow(2, channel, moved_); };
      ahead(to).narrow(1, 0, last).copy_(ahead(from).narrow(1, 1, last));
      ahead(to).select(1, last).zero_();
      channel += moved_;
    }
    const auto before = [&](const at::Tensor& t) { return t.narrow(2, channel, moved_); };
    before(to).narrow(1, 1, last).copy_(before(from).narrow(1, 0, last));
    before(to).select(1, 0).zero_();
    return tapped(y);
  }
  bool fresh_is_identity() const override { return false; }

 private:
  // (b f) c h w -> b f c h w, a view
  static at::Tensor clips_of(const at::Tensor& x, const unet_context& context) {
    return x.unflatten(0, {-1, context.frames});
  }

  const int64_t moved_;  ///< channels a direction
  const bool causal_;
};

}  // namespace

std::unique_ptr<temporal_module> make_temporal_shift(const config& options, const temporal_site& site) {
  const bool causal = options.get("causal", false);
  const double fraction = options.get("fraction", 0.125), most = causal ? 1.0 : 0.5;
  if (!(fraction > 0.0 && fraction <= most))
    throw options.at("fraction").fail(concat("got ", fraction, ", wanted more than 0, at most ", most));
  const auto moved = static_cast<int64_t>(fraction * static_cast<double>(site.channels));
  if (moved == 0)
    throw options.fail(concat("fraction: ", fraction, " of ", site.channels, " channels is none"));
  return std::make_unique<temporal_shift>(moved, causal);
}

}  // namespace zoetrope
