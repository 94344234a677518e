// Layers whose activations are not kept for the backward pass but computed again there: the memory of one
// layer instead of all, for one more forward pass (Chen et al. 2016, arXiv 1604.06174).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace zoetrope {

using layer_function = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

/// layer(inputs), where gradients are recorded without what the layer would keep. It must be a function of
/// `inputs` and `weights` alone: a tensor that it reads besides gets no gradient. The weights are those that
/// the layer reads by itself; what it refers to must live until the backward pass has run.
at::Tensor recomputed(const layer_function& layer, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& weights);

}  // namespace zoetrope
