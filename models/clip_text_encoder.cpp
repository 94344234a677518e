// See clip_text_encoder.hpp. Shapes: b batch, t tokens, c hidden_size, n heads, d = c / n.
#include "models/clip_text_encoder.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "models/clip_layers.hpp"
#include "models/layers.hpp"
#include "models/token_table.hpp"

namespace zoetrope {

namespace {

/// The part of config.json that shapes the network; defaults are transformers' CLIPTextConfig's.
struct clip_options {
  clip_layer_options layers;
  int64_t vocab_size, maximum_tokens, eos_token_id;
  std::optional<int64_t> projection_size;
};

clip_options read_options(const config& options) {
  constexpr int64_t widest = 65536, largest_table = 1 << 24;
  clip_options read;
  read.layers = read_clip_layer_options(options, {.hidden_size = 512,
                                                  .intermediate_size = 2048,
                                                  .layers = 12,
                                                  .heads = 8,
                                                  .layer_norm_eps = 1e-5,
                                                  .act = "quick_gelu",
                                                  .causal = true});
  read.vocab_size = options.bounded("vocab_size", 49408, 1, largest_table);
  read.maximum_tokens = options.bounded("max_position_embeddings", 77, 1, largest_table);
  read.eos_token_id = options.get<int64_t>("eos_token_id", 49407);
  const auto classes = options.get("architectures", std::vector<std::string>{"CLIPTextModel"});
  if (std::find(classes.begin(), classes.end(), "CLIPTextModelWithProjection") != classes.end())
    read.projection_size = options.bounded("projection_dim", 512, 1, widest);
  return read;
}

class clip_embeddings : public module {
 public:
  explicit clip_embeddings(const clip_options& options)
      : tokens(options.vocab_size, options.layers.hidden_size),
        position_embedding_(options.maximum_tokens, options.layers.hidden_size) {
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

class clip_text_transformer : public module {
 public:
  explicit clip_text_transformer(const clip_options& options)
      : embeddings(options),
        encoder(options.layers),
        final_layer_norm(options.layers.hidden_size, options.layers.layer_norm_eps) {
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
      text_projection.emplace(options.layers.hidden_size, *options.projection_size, /*bias=*/false);
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
int64_t clip_text_encoder::hidden_size() const { return parts_->options.layers.hidden_size; }
bool clip_text_encoder::has_projection() const { return parts_->text_projection.has_value(); }
int64_t clip_text_encoder::projection_size() const {
  return parts_->options.projection_size.value_or(hidden_size());
}

}  // namespace zoetrope
