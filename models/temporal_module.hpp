// What makes a UNet for pictures one for clips: a module inserted into it that lets frames see each other. A
// part chosen by name; `transformer` is Hotshot-XL's and AnimateDiff's.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/registry.hpp"
#include "core/tensor/module.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

/// The smaller of two limits, of which 0 is none.
inline int64_t fewer_frames(int64_t a, int64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

class temporal_module : public module {
 public:
  /// x: (b f) c h w -> the same.
  virtual at::Tensor forward(const at::Tensor& x, const unet_context& context) const = 0;
  /// The identity contract: freshly initialised, forward(x) is x to the bit; or it says that it is not.
  virtual bool fresh_is_identity() const = 0;
  /// The longest clip that its tables hold; 0 where there is no limit.
  virtual int64_t maximum_frames() const { return 0; }
};

/// Whether a slot of a UNet is of a module that was inserted for video.
bool is_temporal_slot(const std::string& slot);

/// The place where a module is inserted.
struct temporal_site {
  int64_t channels;
  int64_t text_channels = 0;  ///< of the text that cross-attentions see; 0: there is none
};

/// error{bad_input} says why for options that cannot be. nullptr: nothing is inserted (`none`).
using temporal_module_maker = std::unique_ptr<temporal_module> (*)(const config& options,
                                                                   const temporal_site& site);
registry<temporal_module_maker>& temporal_modules();
/// By `type`, `fallback` where it is not there.
std::unique_ptr<temporal_module> make_temporal_module(const config& options, const temporal_site& site,
                                                      const std::string& fallback = "transformer");

}  // namespace zoetrope
