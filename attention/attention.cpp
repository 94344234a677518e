// See attention.hpp.
#include "attention/attention.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "attention/backends/makers.hpp"

namespace zoetrope {

void check_attention_shapes(const attention_input& input) {
  const at::Tensor &q = input.q, &k = input.k, &v = input.v;
  const int64_t dims = q.dim();
  ZT_CHECK(
      (dims == 4 || dims == 5) && k.dim() == dims && v.dim() == dims, runtime,
      "attention: q, k, v must be batch, heads, tokens, head_dim, with one or two dimensions of batch; got ",
      q.sizes(), ", ", k.sizes(), ", ", v.sizes());
  const auto leading = [dims](const at::Tensor& x) { return x.sizes().slice(0, dims - 2); };
  ZT_CHECK(leading(q) == leading(k) && q.size(-1) == k.size(-1), runtime, "attention: q ", q.sizes(),
           " and k ", k.sizes(), " differ in batch, heads or head_dim");
  ZT_CHECK(k.sizes().slice(0, dims - 1) == v.sizes().slice(0, dims - 1), runtime, "attention: k ", k.sizes(),
           " and v ", v.sizes(), " differ in batch, heads or keys");
}

double scale_of(const attention_input& input) {
  return input.scale.value_or(1.0 / std::sqrt(static_cast<double>(input.q.size(-1))));
}

// (x1, x2) -> (x1 cos - x2 sin, x1 sin + x2 cos), for the pairs that lie side by side
at::Tensor rotated(const at::Tensor& x, const rotation& turn) {
  if (!turn.defined()) return x;
  const at::Tensor pairs = x.unflatten(-1, {-1, 2});
  const at::Tensor first = pairs.select(-1, 0), second = pairs.select(-1, 1);
  const at::Tensor cosine = turn.cosine.to(x.options()).unsqueeze(-3),
                   sine = turn.sine.to(x.options()).unsqueeze(-3);
  return at::stack({first * cosine - second * sine, first * sine + second * cosine}, -1).flatten(-2);
}

attention_input rotated(attention_input input) {
  input.q = rotated(input.q, input.q_rotation);
  input.k = rotated(input.k, input.k_rotation);
  input.q_rotation = input.k_rotation = {};
  return input;
}

registry<attention_backend_maker>& attention_backends() {
  static registry<attention_backend_maker> table(
      "attention backend",
      {{"automatic", make_automatic_attention,
        "the fastest that can serve the place, the lengths and the device"},
       {"dense", make_dense_attention, "matrix product, softmax, matrix product: the oracle"},
       {"flash", make_flash_attention, "our tiled kernels for any length, without the matrix of scores"},
       {"linear", make_linear_attention,
        "a product of features instead of a softmax: cost grows with the tokens alone"},
       {"sdpa", make_sdpa_attention, "libtorch's scaled_dot_product_attention, fused where it can"},
       {"short", make_short_attention, "our kernels for at most 64 tokens: along the frames of a clip"},
       {"sliced", make_sliced_attention,
        "a few rows of the batch at a time, by another backend: little memory"},
       {"torchscript", make_torchscript_attention, "a TorchScript program of yours"}});
  return table;
}

std::unique_ptr<attention_backend> make_attention_backend(const config& options, const attention_site& site) {
  return attention_backends().chosen(options, "automatic")(options, site);
}

}  // namespace zoetrope
