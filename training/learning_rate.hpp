// The learning rate of a step: diffusers' get_scheduler, by its names and formulas
// (diffusers/optimization.py). All but `constant` begin with a linear warm-up from 0; the part after it is,
// with w the warm-up's length, T the run's, and x = (step - w) / (T - w):
//   constant, constant_with_warmup   1
//   linear                           1 - x
//   cosine                           (1 + cos(2π cycles x)) / 2, cycles 0.5 by default
//   cosine_with_restarts             (1 + cos(π frac(cycles x))) / 2, cycles 1 by default; 0 from x = 1 on
//   polynomial                       from the learning rate to `end` as (1 - x)^power, then `end`
#pragma once

#include "core/registry.hpp"

namespace zoetrope {

enum class learning_rate_schedule {
  constant,
  constant_with_warmup,
  linear,
  cosine,
  cosine_with_restarts,
  polynomial
};
const registry<learning_rate_schedule>& learning_rate_schedules();

struct learning_rate_options {
  learning_rate_schedule schedule = learning_rate_schedule::constant;
  double learning_rate = 1e-4;
  int64_t warmup_steps = 0;
  int64_t total_steps = 0;  ///< T; constant schedules do not look at it
  double cycles = 0.5;
  double power = 1, end = 1e-7;
};

/// Keys: schedule, learning_rate, warmup_steps and what the schedule takes of cycles, power, end.
/// error{bad_input} for an unknown schedule, negative numbers, or a warm-up that is not shorter than the run.
learning_rate_options read_learning_rate_options(const config& options, int64_t total_steps);

/// Whether the rates of the first steps depend on how many follow.
bool depends_on_steps(const learning_rate_options& options);

/// Of the step after `step` finished ones.
double learning_rate(const learning_rate_options& options, int64_t step);

}  // namespace zoetrope
