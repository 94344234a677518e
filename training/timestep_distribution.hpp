// Which noise levels a step trains on. A level is a fraction u of the way from clean (0) to noise (1): one a
// clip. Levels of a batch may be stratified: one in each of as many equal shares as there are clips.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "core/registry.hpp"

namespace zoetrope {

/// Uniform numbers in [0, 1), f64 [b] -> levels in [0, 1), f64 [b]; rises with its argument.
using timestep_distribution = std::function<at::Tensor(const at::Tensor& uniform)>;
using timestep_distribution_maker = timestep_distribution (*)(const config& options);

/// uniform; high_noise: 1 - (1 - u)^power with `power` 1.4, more of the high levels; logit_normal: the
/// logistic of a normal with `mean` 0 and `deviation` 1 (Esser et al. 2024, arXiv 2403.03206, section 3.1).
const registry<timestep_distribution_maker>& timestep_distributions();

/// The `type` of `options`, between the levels `from` 0 and `to` 1 of its range.
timestep_distribution make_timestep_distribution(const config& options);

}  // namespace zoetrope
