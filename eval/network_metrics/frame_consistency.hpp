// How alike the features of a clip's frames are, as VBench has it (Huang et al. 2024): each frame against the
// one before and against the first,
//   s_i = (max(0, cos(z_{i-1}, z_i)) + max(0, cos(z_0, z_i))) / 2,  i = 1 … T-1.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "eval/metric.hpp"

namespace zoetrope {

/// a.b / (|a| |b|) in double precision, of any shapes with as many numbers.
double cosine(const at::Tensor& a, const at::Tensor& b);

/// s_1 … s_{T-1} of one tensor a frame.
std::vector<double> frame_consistency(const std::vector<at::Tensor>& features);

/// The metric: s_i a pair, their mean for the clip; `features` of a frame in bytes (1 3 h w).
metric_values consistency_of(const std::string& name, const float_clip& clip,
                             const std::function<at::Tensor(const at::Tensor& bytes)>& features);

}  // namespace zoetrope
