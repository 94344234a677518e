// What is trained: a named leaf whose gradient is looked for in .grad(). With mixed precision it is the f32
// master copy, not the weight that the network multiplies with.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace zoetrope {

struct trained_parameter {
  std::string name;
  at::Tensor tensor;
  bool decays = true;  ///< weight decay applies (usual: not to biases and norms)
};

using trained_parameters = std::vector<trained_parameter>;

}  // namespace zoetrope
