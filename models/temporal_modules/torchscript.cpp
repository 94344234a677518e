// A temporal module by a TorchScript program, {"type": "torchscript", "path": "mine.py"}:
//   def forward(self, x: Tensor, seconds_per_frame: float) -> Tensor
// x: b c f h w; it gives the same shape, the sum with x included if there is one.
#include <ATen/ATen.h>

#include "core/tensor/script_module.hpp"
#include "models/frames.hpp"
#include "models/temporal_modules/makers.hpp"

namespace zoetrope {

namespace {

class torchscript_module : public temporal_module {
 public:
  explicit torchscript_module(const std::string& path) : script_(path, /*arguments=*/2) {}
  bool fresh_is_identity() const override { return false; }  // nobody knows

  at::Tensor forward(const at::Tensor& x, const unet_context& context) const override {
    if (x.is_meta()) return at::empty_like(x);
    const at::Tensor clip = unfold_frames(x, context.frames);
    const at::Tensor result = script_.forward({clip, context.seconds_per_frame}, x);
    ZT_CHECK(result.sizes() == clip.sizes(), runtime, path(), ": torchscript gave ", result.sizes(),
             ", wanted ", clip.sizes());
    return tapped(fold_frames(result));
  }

 private:
  const script_module script_;
};

}  // namespace

std::unique_ptr<temporal_module> make_torchscript_module(const config& options, const temporal_site&) {
  return std::make_unique<torchscript_module>(options.get<std::string>("path"));
}

}  // namespace zoetrope
