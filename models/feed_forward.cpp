// See feed_forward.hpp.
#include "models/feed_forward.hpp"

#include <ATen/ATen.h>

#include "core/tensor/meta_run.hpp"
#include "models/geglu.hpp"
#include "models/recomputed.hpp"
#include "models/trained_tensors.hpp"
#include "models/work_pieces.hpp"

namespace zoetrope {

namespace {

// Two products instead of one twice as wide: both halves come out contiguous, which takes a quarter off the
// layer.
at::Tensor halves_geglu(const at::Tensor& x, const linear& proj) {
  const borrowed_weights held(proj);  // once for both
  const at::Tensor value = proj.forward_part(x, 0, 2);
  return geglu(value, proj.forward_part(x, 1, 2));
}
at::Tensor gelu(const at::Tensor& x, const linear& proj) { return at::gelu(proj.forward(x)); }
at::Tensor gelu_tanh(const at::Tensor& x, const linear& proj) { return at::gelu(proj.forward(x), "tanh"); }
at::Tensor gelu_sigmoid(const at::Tensor& x, const linear& proj) {
  const at::Tensor y = proj.forward(x);
  return y * at::sigmoid(y * 1.702);
}

constexpr int64_t widening = 4;

// Tokens whose inner activations stay in a CPU's cache.
constexpr int64_t cached_tokens = 1024;

}  // namespace

const registry<feed_forward_activation>& feed_forward_activations() {
  static const registry<feed_forward_activation> table(
      "feed-forward activation", {{"geglu", {halves_geglu, true}, "u gelu(g) of two halves"},
                                  {"gelu", {gelu}, "x Phi(x), by erf"},
                                  {"gelu-approximate", {gelu_tanh}, "the same by tanh"},
                                  {"geglu-approximate", {gelu_sigmoid}, "x sigmoid(1.702 x)"}});
  return table;
}

feed_forward::layers::layers(int64_t channels, int64_t inner_channels, bool gated)
    : in(channels, inner_channels * (gated ? 2 : 1)), out(inner_channels, channels) {
  add_child("0", in);
  add_child("2", out);
}

feed_forward::feed_forward(int64_t channels, const std::string& activation)
    : inner_(feed_forward_activations().find(activation).of),
      net_(channels, channels * widening, feed_forward_activations().find(activation).gated) {
  add_child("net", net_);
}

at::Tensor feed_forward::forward(const at::Tensor& x) const {
  return net_.out.forward(inner_(x, net_.in.proj));
}

at::Tensor feed_forward::inner_again(const at::Tensor& x, const layer_norm& norm) const {
  std::vector<at::Tensor> trained = trained_tensors_of(net_.in);
  const std::vector<at::Tensor> of_norm = trained_tensors_of(norm);
  trained.insert(trained.end(), of_norm.begin(), of_norm.end());
  const auto layer = [this, &norm](const std::vector<at::Tensor>& inputs) {
    return inner_(norm.forward(inputs[0]), net_.in.proj);
  };
  return recomputed(layer, {x}, trained);
}

void feed_forward::add_to(token_sum& x, const layer_norm& norm, const unet_context& context) const {
  const std::vector<int64_t> shape = x.like().sizes().vec();
  x.view_as({-1, shape.back()});
  if (c10::GradMode::is_enabled() && context.recompute && context.recompute(path())) {
    x.add(net_.out.forward(inner_again(x.total(), norm)));
    return x.view_as(shape);
  }
  const work_pieces& pieces = context.pieces;
  const int64_t wanted = pieces.feed_forward_tokens;
  int64_t tokens = piece_size(x.like(), 0, wanted, pieces.smallest_bytes / widening);
  if (device_at_work(x.like()) == at::kCPU)
    tokens = tokens == 0 ? cached_tokens : std::min(tokens, std::max(wanted, cached_tokens));
  add_in_pieces(x, 0, tokens, [&](token_sum& some) { return forward(some.normed(norm)); });
  x.view_as(shape);
}

}  // namespace zoetrope
