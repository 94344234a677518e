// See activation.hpp.
#include "models/activation.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {
at::Tensor silu(const at::Tensor& x) { return at::silu(x); }
at::Tensor mish(const at::Tensor& x) { return at::mish(x); }
at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor relu(const at::Tensor& x) { return at::relu(x); }
}  // namespace

const registry<activation>& activations() {
  static const registry<activation> table("activation", {{"silu", silu, "x sigmoid(x)"},
                                                         {"swish", silu, "another name of silu"},
                                                         {"mish", mish, "x tanh(softplus(x))"},
                                                         {"gelu", gelu, "x Phi(x), by erf"},
                                                         {"relu", relu, "max(x, 0)"}});
  return table;
}

}  // namespace zoetrope
