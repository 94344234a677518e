// The weights that a run trains: chosen by name out of a model's parts, kept in f32. Where the parts compute
// in f16 or bf16, what they hold is a fresh cast of the f32 weight at every step, through which gradients
// pass (Micikevicius et al. 2018, arXiv 1710.03740, section 3.1). All other weights are frozen.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/tensor/module.hpp"
#include "training/name_patterns.hpp"
#include "training/trained_parameter.hpp"

namespace zoetrope {

/// A part of a model under the name of its folder ("unet").
struct named_part {
  std::string name;
  module* part;
};

class trained_weights {
 public:
  /// Parts are held by address. error{usage} for a pattern that fits no parameter, or if none is trained.
  trained_weights(const std::vector<named_part>& parts, const std::vector<std::string>& patterns,
                  at::ScalarType compute_dtype);

  /// f32 leaves that record gradients, in the parts' order; names are "unet.conv_in.weight".
  const trained_parameters& parameters() const { return parameters_; }
  int64_t count() const;
  bool trains(const std::string& part) const;
  /// Call before each step: the parts' tensors follow the f32 weights.
  void refresh();
  /// The parts hold plain tensors without gradients again, as they are to be saved. refresh() ends that.
  void release();

 private:
  void put(const std::function<at::Tensor(const at::Tensor& weight)>& change);

  struct frozen_weight {
    parameter_slot slot;
    at::Tensor original;
  };
  trained_parameters parameters_;
  std::vector<parameter_slot> slots_;  // one each
  std::vector<frozen_weight> frozen_;  // where the parts compute in another type
  at::ScalarType compute_dtype_;
};

}  // namespace zoetrope
