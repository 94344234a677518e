// The residual block of a UNet, a part chosen by name: `hotshot` is diffusers' and Hotshot-XL's, the others
// differ in how the noise level enters, in what convolutions see of other frames, and in a gate.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "core/registry.hpp"
#include "core/tensor/module.hpp"
#include "models/norm_scope.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

class resnet_block : public module {
 public:
  /// x: (b f) c h w -> (b f) c' h w. Reads batch, frames, time and temporal of the context.
  virtual at::Tensor forward(const at::Tensor& x, const unet_context& context) const = 0;
  /// The identity contract of blocks: freshly drawn, this one gives what `hotshot` (or `scale_shift`) with
  /// the same 2-D weights gives, to the bit; or it says that it does not.
  virtual bool fresh_is_2d() const = 0;
};

/// The place where a block stands.
struct resnet_site {
  int64_t in_channels, out_channels;
  int64_t time_channels;  ///< of the time embedding; 0: the block takes none
  int64_t groups = 32;    ///< of the norms
  double eps = 1e-5;
  bool scale_shift = false;  ///< where the block's config does not say it: resnet_time_scale_shift
  double output_scale_factor = 1.0;
  norm_scope scope = {};
};

/// error{bad_input} says why for options that cannot be.
using resnet_block_maker = std::unique_ptr<resnet_block> (*)(const config& options, const resnet_site& site);
registry<resnet_block_maker>& resnet_blocks();
/// By `type`, `hotshot` where it is not there.
std::unique_ptr<resnet_block> make_resnet_block(const config& options, const resnet_site& site);

}  // namespace zoetrope
