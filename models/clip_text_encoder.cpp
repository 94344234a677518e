// See clip_text_encoder.hpp. Shapes: b batch, t tokens, c hidden_size, n heads, d = c / n.
#include "models/clip_text_encoder.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "models/activation.hpp"
#include "models/layers.hpp"
#include "models/token_table.hpp"

namespace zoetrope {

namespace {

at::Tensor quick_gelu(const at::Tensor& x) { return x * at::sigmoid(x * 1.702); }
at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor tanh_gelu(const at::Tensor& x) { return at::gelu(x, "tanh"); }

/// transformers' names; it has five for the approximation by tanh, equal up to rounding.
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

/// The part of config.json that shapes the network; defaults are transformers' CLIPTextConfig's.
struct clip_options {
  int64_t vocab_size, hidden_size, intermediate_size, layers, heads, maximum_tokens, eos_token_id;
  double layer_norm_eps;
  activation act;
  std::optional<int64_t> projection_size;
};

clip_options read_options(const config& options) {
  constexpr int64_t widest = 65536, largest_table = 1 << 24;
  clip_options read;
  read.vocab_size = options.bounded("vocab_size", 49408, 1, largest_table);
  read.hidden_size = options.bounded("hidden_size", 512, 1, widest);
  read.intermediate_size = options.bounded("intermediate_size", 2048, 1, widest);
  read.layers = options.bounded("num_hidden_layers", 12, 1, 1000);
  read.heads = options.bounded("num_attention_heads", 8, 1, widest);
  read.maximum_tokens = options.bounded("max_position_embeddings", 77, 1, largest_table);
  read.eos_token_id = options.get<int64_t>("eos_token_id", 49407);
  read.layer_norm_eps = options.get("layer_norm_eps", 1e-5);
  read.act =
      in_context(options.path(), [&] { return hidden_acts().find(options.get("hidden_act", "quick_gelu")); });
  ZT_CHECK(read.hidden_size % read.heads == 0, bad_input, options.path(), ".hidden_size: got ",
           read.hidden_size, ", wanted a multiple of num_attention_heads ", read.heads);
  const auto classes = options.get("architectures", std::vector<std::string>{"CLIPTextModel"});
  if (std::find(classes.begin(), classes.end(), "CLIPTextModelWithProjection") != classes.end())
    read.projection_size = options.bounded("projection_dim", 512, 1, widest);
  return read;
}

class clip_embeddings : public module {
 public:
  explicit clip_embeddings(const clip_options& options)
      : tokens(options.vocab_size, options.hidden_size),
        position_embedding_(options.maximum_tokens, options.hidden_size) {
    add_child("token_embedding", tokens);
    add_child("position_embedding", position_embedding_);
  }
  at::Tensor forward(const at::Tensor& ids) const {
    return tokens.forward(ids) + position_embedding_.weight.narrow(0, 0, ids.size(1));
  }

  token_table tokens;

 private:
  embedding position_embedding_;
};

class clip_attention : public module {
 public:
  explicit clip_attention(const clip_options& options)
      : heads_(options.heads),
        q_proj_(options.hidden_size, options.hidden_size),
        k_proj_(options.hidden_size, options.hidden_size),
        v_proj_(options.hidden_size, options.hidden_size),
        out_proj_(options.hidden_size, options.hidden_size) {
    add_child("k_proj", k_proj_);
    add_child("v_proj", v_proj_);
    add_child("q_proj", q_proj_);
    add_child("out_proj", out_proj_);
  }
  at::Tensor forward(const at::Tensor& x) const {
    const auto by_head = [this](const at::Tensor& y) {
      return y.unflatten(-1, {heads_, -1}).transpose(1, 2);  // b t (n d) -> b n t d
    };
    const at::Tensor y =
        at::scaled_dot_product_attention(by_head(q_proj_.forward(x)), by_head(k_proj_.forward(x)),
                                         by_head(v_proj_.forward(x)), /*attn_mask=*/{},
                                         /*dropout_p=*/0.0, /*is_causal=*/true);
    return out_proj_.forward(y.transpose(1, 2).flatten(2));  // b n t d -> b t (n d)
  }

 private:
  const int64_t heads_;
  linear q_proj_, k_proj_, v_proj_, out_proj_;
};

class clip_mlp : public module {
 public:
  explicit clip_mlp(const clip_options& options)
      : act_(options.act),
        fc1_(options.hidden_size, options.intermediate_size),
        fc2_(options.intermediate_size, options.hidden_size) {
    add_child("fc1", fc1_);
    add_child("fc2", fc2_);
  }
  at::Tensor forward(const at::Tensor& x) const { return fc2_.forward(act_(fc1_.forward(x))); }

 private:
  const activation act_;
  linear fc1_, fc2_;
};

class clip_layer : public module {
 public:
  explicit clip_layer(const clip_options& options)
      : self_attn_(options),
        layer_norm1_(options.hidden_size, options.layer_norm_eps),
        mlp_(options),
        layer_norm2_(options.hidden_size, options.layer_norm_eps) {
    add_child("self_attn", self_attn_);
    add_child("layer_norm1", layer_norm1_);
    add_child("mlp", mlp_);
    add_child("layer_norm2", layer_norm2_);
  }
  at::Tensor forward(const at::Tensor& x) const {
    const at::Tensor attended = x + self_attn_.forward(layer_norm1_.forward(x));
    return tapped(attended + mlp_.forward(layer_norm2_.forward(attended)));
  }

 private:
  clip_attention self_attn_;
  layer_norm layer_norm1_;
  clip_mlp mlp_;
  layer_norm layer_norm2_;
};

/// Holds the layers, for the name that the checkpoints give them: encoder.layers.0, ….
class clip_encoder : public module {
 public:
  explicit clip_encoder(const clip_options& options) {
    for (int64_t i = 0; i < options.layers; ++i) layers.emplace(options);
    add_child("layers", layers);
  }
  module_list<clip_layer> layers;
};

class clip_text_transformer : public module {
 public:
  explicit clip_text_transformer(const clip_options& options)
      : embeddings(options), encoder(options), final_layer_norm(options.hidden_size, options.layer_norm_eps) {
    add_child("embeddings", embeddings);
    add_child("encoder", encoder);
    add_child("final_layer_norm", final_layer_norm);
  }
  clip_embeddings embeddings;
  clip_encoder encoder;
  layer_norm final_layer_norm;
};

/// The position [b] whose state stands for the text.
at::Tensor end_of_text(const at::Tensor& ids, int64_t eos_token_id) {
  // Configs of the first releases say 2, which no CLIP vocabulary means: there the end is the greatest id.
  constexpr int64_t legacy_eos = 2;
  if (eos_token_id == legacy_eos) return ids.argmax(-1);
  // The first match, as padding may use the same id; without one argmax of zeros is position 0.
  return ids.eq(eos_token_id).to(at::kInt).argmax(-1);
}

const at::Tensor& from_the_end(const clip_text_output& output, int64_t back, int64_t clip_skip) {
  const int64_t count = static_cast<int64_t>(output.hidden_states.size());
  ZT_CHECK(clip_skip >= 0 && back <= count, usage, "clip_skip: got ", clip_skip, ", wanted 0 to ",
           count - (back - clip_skip), " for a text encoder of ", count - 1, " layers");
  return output.hidden_states[count - back];
}

}  // namespace

struct clip_text_encoder::parts {
  explicit parts(const clip_options& options) : options(options), text_model(options) {
    if (options.projection_size)
      text_projection.emplace(options.hidden_size, *options.projection_size, /*bias=*/false);
  }
  const clip_options options;
  clip_text_transformer text_model;
  std::optional<linear> text_projection;
};

clip_text_encoder::clip_text_encoder(const config& options)
    : parts_(std::make_unique<parts>(read_options(options))) {
  add_child("text_model", parts_->text_model);
  if (parts_->text_projection) add_child("text_projection", *parts_->text_projection);
}

clip_text_encoder::~clip_text_encoder() = default;

clip_text_output clip_text_encoder::forward(const at::Tensor& ids) const {
  ZT_CHECK(ids.dim() == 2 && ids.scalar_type() == at::kLong, usage, "clip_text_encoder: got ids of ",
           ids.scalar_type(), " ", ids.sizes(), ", wanted int64 [batch, tokens]");
  ZT_CHECK(ids.size(1) >= 1 && ids.size(1) <= maximum_tokens(), usage, "clip_text_encoder: got ", ids.size(1),
           " tokens, wanted 1 to ", maximum_tokens(), " (max_position_embeddings)");
  const clip_text_transformer& text_model = parts_->text_model;
  clip_text_output output;
  output.hidden_states.push_back(text_model.embeddings.forward(ids));
  for (const auto& layer : text_model.encoder.layers)
    output.hidden_states.push_back(layer->forward(output.hidden_states.back()));
  output.last = text_model.final_layer_norm.forward(output.hidden_states.back());

  const at::Tensor end = end_of_text(ids, parts_->options.eos_token_id);  // b
  const at::Tensor rows = at::arange(ids.size(0), end.options());
  output.pooled = output.last.index({rows, end});  // b t c -> b c
  if (parts_->text_projection) output.pooled = parts_->text_projection->forward(output.pooled);
  return output;
}

at::Tensor clip_text_encoder::penultimate(const clip_text_output& output, int64_t clip_skip) {
  return from_the_end(output, clip_skip + 2, clip_skip);
}

at::Tensor clip_text_encoder::normed_hidden_state(const clip_text_output& output, int64_t clip_skip) const {
  return parts_->text_model.final_layer_norm.forward(from_the_end(output, clip_skip + 1, clip_skip));
}

std::string clip_text_encoder::canonical_key(const std::string& key) const {
  const auto starts = [&key](const char* prefix) { return key.rfind(prefix, 0) == 0; };
  if (key == "embeddings.position_ids" || key == "text_model.embeddings.position_ids") return "";
  if (starts("vision_model.") || starts("visual_projection.") || key == "logit_scale") return "";
  if (starts("text_projection.")) return has_projection() ? key : "";
  return starts("text_model.") ? key : "text_model." + key;
}

token_table& clip_text_encoder::tokens() { return parts_->text_model.embeddings.tokens; }
int64_t clip_text_encoder::maximum_tokens() const { return parts_->options.maximum_tokens; }
int64_t clip_text_encoder::hidden_size() const { return parts_->options.hidden_size; }
bool clip_text_encoder::has_projection() const { return parts_->text_projection.has_value(); }
int64_t clip_text_encoder::projection_size() const {
  return parts_->options.projection_size.value_or(hidden_size());
}

}  // namespace zoetrope
