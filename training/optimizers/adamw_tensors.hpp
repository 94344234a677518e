// AdamW on tensors that are not in the CPU's memory, by libtorch's fused operator: one launch for a list.
#pragma once

#include <vector>

#include "training/optimizers/adamw_step.hpp"
#include "training/trained_parameter.hpp"

namespace zoetrope {

class adamw_tensors {
 public:
  /// `first` and `second` are updated in place.
  void add(const at::Tensor& parameter, const at::Tensor& first, const at::Tensor& second, int64_t step);
  void update(const adamw_options& options, bool decays, double learning_rate);

 private:
  std::vector<at::Tensor> parameters_, gradients_, first_, second_, steps_;
  int64_t last_step_ = 0;  // none: they count from 1
};

}  // namespace zoetrope
