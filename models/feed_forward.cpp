// See feed_forward.hpp.
#include "models/feed_forward.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/registry.hpp"

namespace zoetrope {

namespace {

// Two products instead of one twice as wide: both halves come out contiguous, which takes a quarter off the
// layer.
at::Tensor geglu(const at::Tensor& x, const linear& proj) {
  const auto weight = proj.weight.chunk(2), bias = proj.bias.chunk(2);  // value, gate
  const at::Tensor value = at::linear(x, weight[0], bias[0]);
  at::Tensor gate = at::linear(x, weight[1], bias[1]);
  if (c10::GradMode::is_enabled()) return value * at::gelu(gate);
  return at::gelu_(gate).mul_(value);
}
at::Tensor gelu(const at::Tensor& x, const linear& proj) { return at::gelu(proj.forward(x)); }
at::Tensor gelu_tanh(const at::Tensor& x, const linear& proj) { return at::gelu(proj.forward(x), "tanh"); }
at::Tensor gelu_sigmoid(const at::Tensor& x, const linear& proj) {
  const at::Tensor y = proj.forward(x);
  return y * at::sigmoid(y * 1.702);
}

const registry<feed_forward::inner>& inner_functions() {
  static const registry<feed_forward::inner> table(
      "feed-forward activation", {{"geglu", geglu, "u gelu(g) of two halves"},
                                  {"gelu", gelu, "by erf"},
                                  {"gelu-approximate", gelu_tanh, "by tanh"},
                                  {"geglu-approximate", gelu_sigmoid, "x sigmoid(1.702 x)"}});
  return table;
}

constexpr int64_t widening = 4;

// Rows of tokens whose inner activations stay in a CPU's cache.
constexpr int64_t rows_at_once = 1024;

}  // namespace

feed_forward::layers::layers(int64_t channels, int64_t inner_channels, bool gated)
    : in(channels, inner_channels * (gated ? 2 : 1)), out(inner_channels, channels) {
  add_child("0", in);
  add_child("2", out);
}

feed_forward::feed_forward(int64_t channels, const std::string& activation)
    : inner_(inner_functions().find(activation)), net_(channels, channels * widening, activation == "geglu") {
  add_child("net", net_);
}

at::Tensor feed_forward::whole(const at::Tensor& x) const {
  return net_.out.forward(inner_(x, net_.in.proj));
}

at::Tensor feed_forward::forward(const at::Tensor& x) const {
  if (c10::GradMode::is_enabled() || !x.is_cpu()) return whole(x);
  std::vector<at::Tensor> parts;
  for (const at::Tensor& rows : x.flatten(0, -2).split(rows_at_once)) parts.push_back(whole(rows));
  return (parts.size() == 1 ? parts[0] : at::cat(parts)).view(x.sizes());
}

}  // namespace zoetrope
