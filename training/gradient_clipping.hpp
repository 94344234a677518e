// Clipping by the global norm (Pascanu et al. 2013, arXiv 1211.5063, algorithm 1): where the norm of all
// gradients together is above a threshold, all are scaled down to it.
#pragma once

#include "training/trained_parameter.hpp"

namespace zoetrope {

/// Σ g² of each parameter's gradient; 0 where there is none. NaN or infinite where a gradient is. On the CPU
/// added up in f64 in an order that the shapes alone decide, so that threads do not change a bit.
std::vector<double> squares_of_gradients(const trained_parameters& parameters);

/// Scales all gradients by min(1, greatest / (norm + 1e-6)), as PyTorch's clip_grad_norm_ does. `norm`, the
/// root of the sum of all squares, must be finite.
void clip_gradients(const trained_parameters& parameters, double norm, double greatest);

}  // namespace zoetrope
