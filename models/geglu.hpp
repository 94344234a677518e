// The gated unit of transformers' feed-forward layers, u gelu(g) with the exact gelu, in one pass. Shazeer
// 2020, eq. 6.
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

/// [..., 2 c], of which the first c are u and the others g -> [..., c]. Differentiable. Our own kernels
/// (models/kernels/geglu.*) serve f32 and f64 on a CPU (16-bit types through f32) and f32, f16 and bf16 on a
/// GPU; else it is the reference below. error{runtime} for an odd last dimension.
at::Tensor geglu(const at::Tensor& packed);

/// The same of two tensors of one shape. Where no gradient is recorded the result may take the memory of
/// `gate`, which nobody else may hold.
at::Tensor geglu(const at::Tensor& value, const at::Tensor& gate);

/// Through libtorch's own operators: the oracle.
at::Tensor geglu_reference(const at::Tensor& value, const at::Tensor& gate);

}  // namespace zoetrope
