// See clip_layers.hpp. Shapes: b batch, t tokens, c hidden_size, n heads, d = c / n.
#include "models/clip_layers.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

at::Tensor quick_gelu(const at::Tensor& x) { return x * at::sigmoid(x * 1.702); }
at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor tanh_gelu(const at::Tensor& x) { return at::gelu(x, "tanh"); }

}  // namespace

const registry<activation>& hidden_acts() {
  static const registry<activation> table(
      "hidden_act", {{"quick_gelu", quick_gelu, "x sigmoid(1.702 x)"},
                     {"gelu", gelu, "x Phi(x), by erf"},
                     {"gelu_python", gelu, "gelu"},
                     {"gelu_new", tanh_gelu, "x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2"},
                     {"gelu_pytorch_tanh", tanh_gelu, "gelu_new"},
                     {"gelu_python_tanh", tanh_gelu, "gelu_new"},
                     {"gelu_fast", tanh_gelu, "gelu_new"},
                     {"gelu_accurate", tanh_gelu, "gelu_new"},
                     {"relu", [](const at::Tensor& x) { return at::relu(x); }, "max(x, 0)"},
                     {"silu", [](const at::Tensor& x) { return at::silu(x); }, "x sigmoid(x)"},
                     {"swish", [](const at::Tensor& x) { return at::silu(x); }, "silu"},
                     {"mish", [](const at::Tensor& x) { return at::mish(x); }, "x tanh(softplus(x))"},
                     {"tanh", [](const at::Tensor& x) { return at::tanh(x); }, "tanh(x)"}});
  return table;
}

clip_layer_options read_clip_layer_options(const config& options, const clip_layer_options& usual) {
  constexpr int64_t widest = 65536;
  clip_layer_options read;
  read.hidden_size = options.bounded("hidden_size", usual.hidden_size, 1, widest);
  read.intermediate_size = options.bounded("intermediate_size", usual.intermediate_size, 1, widest);
  read.layers = options.bounded("num_hidden_layers", usual.layers, 1, 1000);
  read.heads = options.bounded("num_attention_heads", usual.heads, 1, widest);
  read.layer_norm_eps = options.get("layer_norm_eps", usual.layer_norm_eps);
  read.act = options.get("hidden_act", usual.act);
  in_context(concat(options.source(), ": ", options.path(), ".hidden_act"),
             [&] { hidden_acts().find(read.act); });
  read.causal = usual.causal;
  ZT_CHECK(read.hidden_size % read.heads == 0, bad_input, options.path(), ".hidden_size: got ",
           read.hidden_size, ", wanted a multiple of num_attention_heads ", read.heads);
  return read;
}

clip_attention::clip_attention(const clip_layer_options& options)
    : heads_(options.heads),
      causal_(options.causal),
      q_proj_(options.hidden_size, options.hidden_size),
      k_proj_(options.hidden_size, options.hidden_size),
      v_proj_(options.hidden_size, options.hidden_size),
      out_proj_(options.hidden_size, options.hidden_size) {
  add_child("k_proj", k_proj_);
  add_child("v_proj", v_proj_);
  add_child("q_proj", q_proj_);
  add_child("out_proj", out_proj_);
}

at::Tensor clip_attention::forward(const at::Tensor& x) const {
  const auto by_head = [this](const at::Tensor& y) {
    return y.unflatten(-1, {heads_, -1}).transpose(1, 2);  // b t (n d) -> b n t d
  };
  const at::Tensor y = at::scaled_dot_product_attention(
      by_head(q_proj_.forward(x)), by_head(k_proj_.forward(x)), by_head(v_proj_.forward(x)), /*attn_mask=*/{},
      /*dropout_p=*/0.0, causal_);
  return out_proj_.forward(y.transpose(1, 2).flatten(2));  // b n t d -> b t (n d)
}

clip_mlp::clip_mlp(const clip_layer_options& options)
    : act_(hidden_acts().find(options.act)),
      fc1_(options.hidden_size, options.intermediate_size),
      fc2_(options.intermediate_size, options.hidden_size) {
  add_child("fc1", fc1_);
  add_child("fc2", fc2_);
}

clip_layer::clip_layer(const clip_layer_options& options)
    : self_attn_(options),
      layer_norm1_(options.hidden_size, options.layer_norm_eps),
      mlp_(options),
      layer_norm2_(options.hidden_size, options.layer_norm_eps) {
  add_child("self_attn", self_attn_);
  add_child("layer_norm1", layer_norm1_);
  add_child("mlp", mlp_);
  add_child("layer_norm2", layer_norm2_);
}

at::Tensor clip_layer::forward(const at::Tensor& x) const {
  const at::Tensor attended = x + self_attn_.forward(layer_norm1_.forward(x));
  return tapped(attended + mlp_.forward(layer_norm2_.forward(attended)));
}

clip_encoder::clip_encoder(const clip_layer_options& options) {
  for (int64_t i = 0; i < options.layers; ++i) layers.emplace(options);
  add_child("layers", layers);
}

at::Tensor clip_encoder::forward(at::Tensor x) const {
  for (const auto& layer : layers) x = layer->forward(x);
  return x;
}

}  // namespace zoetrope
