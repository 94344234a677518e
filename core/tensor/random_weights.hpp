// Weights for benchmarks of nets too large to draw on a CPU: random, made where they are to lie.
#pragma once

#include "core/tensor/module.hpp"

namespace zoetrope {

/// Fills all slots: weights as their own law has it, but normal of the width 1 / sqrt(inputs) where that law
/// is zero, since zeros would be faster than real numbers; norms' scales one, biases zero, tables as they
/// are.
void fill_at_random(module& net, at::ScalarType dtype, at::Device device);

}  // namespace zoetrope
