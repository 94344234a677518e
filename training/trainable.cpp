// See trainable.hpp.
#include "training/trainable.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "models/temporal_module.hpp"
#include "training/dataset.hpp"

namespace zoetrope {

bool trainable::trains(const std::string& part) const {
  const auto is_in_part = [&](const trained_parameter& each) { return each.name.starts_with(part + "."); };
  return std::any_of(parameters().begin(), parameters().end(), is_in_part);
}

// A single frame passes no temporal layer: then something else must have a gradient.
void trainable::expect_trainable_on(const dataset& data) const {
  const auto is_temporal = [](const trained_parameter& each) { return is_temporal_slot(each.name); };
  ZT_CHECK(data.frames() > 1 || !std::all_of(parameters().begin(), parameters().end(), is_temporal), usage,
           "data: clips of one frame pass no temporal layer, and nothing else is trained; give clips of two "
           "frames or more, or train other layers, as unet.*");
}

int64_t trainable::count() const {
  int64_t numbers = 0;
  for (const trained_parameter& each : parameters()) numbers += each.tensor.numel();
  return numbers;
}

}  // namespace zoetrope
