// See trained_tensors.hpp.
#include "models/trained_tensors.hpp"

#include <ATen/ATen.h>

#include "models/layers.hpp"

namespace zoetrope {

namespace {

void collect_adapters(const module& layer, std::vector<at::Tensor>& tensors) {
  if (const auto* weighted = dynamic_cast<const weighted_layer*>(&layer))
    for (const low_rank_adapter& each : weighted->adapters)
      tensors.insert(tensors.end(), {each.down, each.up});
  for (const auto& [name, child] : layer.children()) collect_adapters(*child, tensors);
}

}  // namespace

std::vector<at::Tensor> trained_tensors_of(const module& layer) {
  std::vector<at::Tensor> tensors;
  for (const parameter_slot& slot : layer.slots()) tensors.push_back(*slot.tensor);
  collect_adapters(layer, tensors);
  std::erase_if(tensors, [](const at::Tensor& tensor) { return !tensor.requires_grad(); });
  return tensors;
}

}  // namespace zoetrope
