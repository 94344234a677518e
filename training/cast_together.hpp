// Many small tensors cast as few: on a GPU one launch for a group of them, where each has its own there and
// one more for its gradient. Hundreds of weights are cast at every step, while the GPU has nothing else to
// do.
#pragma once

#include "training/trained_parameter.hpp"

namespace zoetrope {

/// The parameters in `dtype`, differentiable; where that is theirs, they themselves. Gradients come group by
/// group, in the parameters' order, so that a rank can begin to send them.
std::vector<at::Tensor> cast_together(const trained_parameters& parameters, at::ScalarType dtype);

}  // namespace zoetrope
