// The weights that a run trains: chosen by name out of a model's parts, kept in f32. Where the parts compute
// in f16 or bf16, what they hold is a fresh cast of the f32 weight at every step, through which gradients
// pass (Micikevicius et al. 2018, arXiv 1710.03740, section 3.1). All other weights are frozen: where they
// are cast or moved to a GPU for computing, that is done once, and what they were stays in the CPU's memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "training/trainable.hpp"

namespace zoetrope {

class trained_weights : public trainable {
 public:
  /// Parts are held by address. error{usage} for a pattern that fits no parameter, or if none is trained.
  trained_weights(const std::vector<trainable_part>& parts, const std::vector<std::string>& patterns,
                  at::ScalarType compute_dtype, at::Device device = at::kCPU);

  /// In the parts' order; names are "unet.conv_in.weight".
  const trained_parameters& parameters() const override { return parameters_; }
  void refresh() override;
  /// The parts hold plain tensors without gradients again, as they are to be saved. refresh() ends that.
  void release();
  /// The whole model.
  void save(const training_model& model, const std::filesystem::path& folder, at::ScalarType dtype) override;

 private:
  void put(const std::vector<at::Tensor>& weights);  // one each

  struct frozen_weight {
    parameter_slot slot;
    at::Tensor original;
  };
  trained_parameters parameters_;
  std::vector<parameter_slot> slots_;  // one each
  std::vector<frozen_weight> frozen_;  // where the parts compute in another type or place
  at::ScalarType compute_dtype_;
  at::Device device_;
};

}  // namespace zoetrope
