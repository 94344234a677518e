// See adamw_tensors.hpp.
#include "training/optimizers/adamw_tensors.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

void adamw_tensors::add(const at::Tensor& parameter, const at::Tensor& first, const at::Tensor& second,
                        int64_t step) {
  parameters_.push_back(parameter);
  gradients_.push_back(parameter.grad());
  first_.push_back(first);
  second_.push_back(second);
  // Read alone, so parameters of one step may share it: hardly ever is there another.
  steps_.push_back(step == last_step_ ? steps_.back() : at::full({}, step, first.options()));
  last_step_ = step;
}

void adamw_tensors::update(const adamw_options& options, bool decays, double learning_rate) {
  if (parameters_.empty()) return;
  at::_fused_adamw_(parameters_, gradients_, first_, second_, {}, steps_, learning_rate, options.beta1,
                    options.beta2, decays ? options.weight_decay : 0, options.eps, /*amsgrad=*/false,
                    /*maximize=*/false);
}

}  // namespace zoetrope
