// One step of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2) on plain arrays.
//   code                  paper
//   beta1, beta2, eps     β₁, β₂, ε
//   weight_decay          λ, taken times the learning rate as PyTorch does
//   first, second         m, v
//   kept                  1 - η λ
#pragma once

#include <cstdint>

#include "core/config.hpp"

namespace zoetrope {

struct adamw_options {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01;
};
/// error{bad_input} for a beta outside [0, 1) or a negative eps or decay.
adamw_options read_adamw_options(const config& options);

/// All that is the same for every element of a step, worked out in f64 and rounded once.
struct adamw_step {
  /// `step` counts from 1.
  adamw_step(const adamw_options& options, bool decays, double learning_rate, int64_t step);
  float kept, step_size, first_gain, second_kept, second_gain, root_of_correction, eps;
};

/// Elements [begin, end): the moments take up the gradient, the parameter moves. On one thread; every element
/// is rounded the same whatever the instruction set and the place of the cut.
void apply(const adamw_step& step, float* parameter, const float* gradient, float* first, float* second,
           int64_t begin, int64_t end);

}  // namespace zoetrope
