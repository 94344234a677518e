// A blend of x with what another temporal module makes of it (Blattmann et al. 2023, Align Your
// Latents, section 3.1; diffusers' AlphaBlender): alpha x + (1 - alpha) inner(x). A learned alpha is the
// sigmoid of one number, mix_factor. Written as inner + alpha (x - inner), which is x to the bit where the
// inner module is.
#include <ATen/ATen.h>

#include <cmath>

#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

namespace {

class temporal_blend : public temporal_module {
 public:
  temporal_blend(std::unique_ptr<temporal_module> inner, bool learned, double alpha)
      : inner_(std::move(inner)), learned_(learned), alpha_(alpha) {
    if (learned_)
      add_parameter("mix_factor", mix_factor_, {1},
                    initializer::from([alpha] { return at::full({1}, std::log(alpha / (1.0 - alpha))); }));
    adopt_inner();
  }
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const override {
    const at::Tensor moved = inner_->forward(x, context);
    return tapped(learned_ ? at::lerp(moved, x, mix_factor_.sigmoid()) : at::lerp(moved, x, alpha_));
  }
  bool fresh_is_identity() const override {
    return inner_->fresh_is_identity() || (!learned_ && alpha_ == 1.0);
  }
  int64_t maximum_frames() const override { return inner_->maximum_frames(); }

 private:
  // The inner module's tensors keep their names, so that a checkpoint's module goes on inside a blend.
  void adopt_inner() {
    for (const auto& [name, part] : inner_->children()) add_child(name, *part);
    for (const parameter_slot& slot : inner_->slots())
      if (slot.name.find('.') == std::string::npos)  // its own, of no child
        add_parameter("inner_" + slot.name, *slot.tensor, slot.shape, slot.init);
  }

  const std::unique_ptr<temporal_module> inner_;
  const bool learned_;
  const double alpha_;
  at::Tensor mix_factor_;
};

}  // namespace

std::unique_ptr<temporal_module> make_temporal_blend(const config& options, const temporal_site& site) {
  auto inner = make_temporal_module(options.child("inner"), site);
  if (!inner) throw options.at("inner").fail("got 'none', wanted a module to blend with");
  const std::string mixing = options.get("mixing", "learned");
  if (mixing != "fixed" && mixing != "learned")
    throw options.at("mixing").fail(concat("got '", printable(mixing), "', wanted 'fixed' or 'learned'"));
  const double alpha = options.get("alpha", 0.5);
  const bool learned = mixing == "learned";
  if (learned ? !(alpha > 0.0 && alpha < 1.0) : !(alpha >= 0.0 && alpha <= 1.0))
    throw options.at("alpha").fail(
        concat("got ", alpha, ", wanted 0 to 1", learned ? " without its ends" : ""));
  return std::make_unique<temporal_blend>(std::move(inner), learned, alpha);
}

}  // namespace zoetrope
