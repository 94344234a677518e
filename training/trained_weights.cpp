// See trained_weights.hpp.
#include "training/trained_weights.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/names.hpp"
#include "training/cast_together.hpp"
#include "training/model_folder.hpp"
#include "training/name_patterns.hpp"

namespace zoetrope {

namespace {

// Memory of its own, row-major, as optimizers walk through it.
at::Tensor leaf_of(const at::Tensor& weight, at::Device device) {
  return weight.detach()
      .to(device, at::kFloat, /*non_blocking=*/false, /*copy=*/true)
      .contiguous()
      .set_requires_grad(true);
}

bool is_like(const at::Tensor& weight, at::ScalarType dtype, at::Device device) {
  return weight.scalar_type() == dtype && weight.device() == device;
}

}  // namespace

trained_weights::trained_weights(const std::vector<trainable_part>& parts,
                                 const std::vector<std::string>& patterns, at::ScalarType compute_dtype,
                                 at::Device device)
    : compute_dtype_(compute_dtype), device_(device) {
  const name_patterns chosen(patterns);
  std::vector<std::string> names;
  for (const trainable_part& each : parts)
    for (const parameter_slot& slot : each.part->slots()) {
      if (!slot.is_buffer) names.push_back(each.name + "." + slot.name);
      if (slot.is_buffer || !chosen.match(names.back())) {
        if (!is_like(*slot.tensor, compute_dtype, device)) frozen_.push_back({slot, *slot.tensor});
        continue;
      }
      parameters_.push_back({names.back(), leaf_of(*slot.tensor, device)});
      slots_.push_back(slot);
    }
  const std::vector<std::string> idle = chosen.idle(names);
  ZT_CHECK(idle.empty(), usage, "train: no parameter is called ", joined(idle), "; there are ", names.size(),
           ", as ", names.empty() ? "none" : names.front());
  ZT_CHECK(!parameters_.empty(), usage, "train: no parameter is left to train");
}

void trained_weights::put(const std::vector<at::Tensor>& weights) {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    *slots_[i].tensor = weights[i].contiguous(slots_[i].channels_last ? at::MemoryFormat::ChannelsLast
                                                                      : at::MemoryFormat::Contiguous);
}

void trained_weights::refresh() {
  put(cast_together(parameters_, compute_dtype_));
  for (const frozen_weight& each : frozen_)
    if (!is_like(*each.slot.tensor, compute_dtype_, device_))
      *each.slot.tensor = each.original.to(device_, compute_dtype_);
}

void trained_weights::release() {
  std::vector<at::Tensor> plain;
  for (const trained_parameter& each : parameters_) plain.push_back(each.tensor.detach());
  put(plain);
  for (const frozen_weight& each : frozen_) *each.slot.tensor = each.original;
}

void trained_weights::save(const training_model& model, const std::filesystem::path& folder,
                           at::ScalarType dtype) {
  release();
  save_model(model, folder, dtype);
  refresh();
}

}  // namespace zoetrope
