// Global context (Cao et al. 2019, GCNet; a gate in imagen-pytorch): an average of the pixels, weighed by an
// attention of one query, gates the channels: h · sigmoid(net(sum_p softmax_p(k(h_p)) h_p)).
#pragma once

#include <ATen/core/Tensor.h>

#include "models/channel_projection.hpp"
#include "models/unet_context.hpp"

namespace zoetrope {

class global_context : public module {
 public:
  enum class pooling { frame, clip };
  /// The last layer starts at zero: a fresh gate is 1/2 everywhere, to the bit.
  global_context(int64_t channels, pooling pooled);
  /// h: (b f) c h w -> the same, gated.
  at::Tensor forward(const at::Tensor& h, const unet_context& context) const;

 private:
  const pooling pooled_;
  channel_projection to_k_, narrow_, widen_;
};

}  // namespace zoetrope
