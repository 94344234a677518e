// See random_weights.hpp.
#include "core/tensor/random_weights.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace zoetrope {
namespace {

at::Tensor filled(const parameter_slot& slot, const at::TensorOptions& options) {
  using law = initializer::law;
  const auto format = slot.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  at::Tensor result = at::empty(slot.shape, options, format);
  const bool is_weight = slot.shape.size() > 1;
  if (slot.init.kind == law::constant_table) return result.copy_(slot.init.table());
  if (slot.init.kind == law::ones) return result.fill_(1);
  if (slot.init.kind == law::zeros && !is_weight) return result.zero_();
  if (slot.init.kind == law::uniform) return result.uniform_(-slot.init.scale, slot.init.scale);
  if (slot.init.kind == law::normal) return result.normal_(0, slot.init.scale);
  return result.normal_(0, 1 / std::sqrt(static_cast<double>(result[0].numel())));
}

}  // namespace

void fill_at_random(module& net, at::ScalarType dtype, at::Device device) {
  for (const parameter_slot& slot : net.slots())
    *slot.tensor = filled(slot, at::TensorOptions(device).dtype(dtype));
}

}  // namespace zoetrope
