// A frozen linear layer with one low-rank change beside it (LoRA: Hu et al. 2021, eq. 3) as one node of the
// graph, for training on a GPU: the change is added by the product that makes it, which takes a third of the
// launches and keeps h alone.
//   h = x Aᵀ              y = x Wᵀ + b + s h Bᵀ
//   dh = s dy B           dx = dy W + dh A         dA = dhᵀ x        dB = s dyᵀ h
// x: [..., in], A: [r, in], B: [out, r].
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers.hpp"

namespace zoetrope {

/// Whether that is what is asked for: a gradient, and none of W and b. Not on a CPU.
bool one_node_serves(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                     const low_rank_adapter& change);

/// [..., out]; weight [out, in]; bias may be undefined. Differentiable in x, A and B.
at::Tensor low_rank_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const low_rank_adapter& change);

}  // namespace zoetrope
