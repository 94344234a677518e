// The layers of CLIP's two towers (Radford et al. 2021), which are those of any transformer that norms first,
// ViT's too: h += attention(norm1(h)); h += mlp(norm2(h)). Children bear transformers' names for CLIP.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/config.hpp"
#include "models/activation.hpp"
#include "models/layers.hpp"

namespace zoetrope {

/// transformers' names; it has five for the approximation by tanh, equal up to rounding.
const registry<activation>& hidden_acts();

struct clip_layer_options {
  int64_t hidden_size = 0, intermediate_size = 0, layers = 0, heads = 0;
  double layer_norm_eps = 1e-5;
  std::string act = "quick_gelu";  ///< transformers' name of the activation
  bool causal = false;             ///< a token sees none after it
};

/// What of a config.json shapes the layers, `usual` where it says nothing; error{bad_input} names the key for
/// what cannot be built.
clip_layer_options read_clip_layer_options(const config& options, const clip_layer_options& usual);

class clip_attention : public module {
 public:
  explicit clip_attention(const clip_layer_options& options);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  const int64_t heads_;
  const bool causal_;
  linear q_proj_, k_proj_, v_proj_, out_proj_;
};

class clip_mlp : public module {
 public:
  explicit clip_mlp(const clip_layer_options& options);
  at::Tensor forward(const at::Tensor& x) const { return fc2_.forward(act_(fc1_.forward(x))); }

 private:
  const activation act_;
  linear fc1_, fc2_;
};

class clip_layer : public module {
 public:
  explicit clip_layer(const clip_layer_options& options);
  /// b t c -> b t c
  at::Tensor forward(const at::Tensor& x) const;

 private:
  clip_attention self_attn_;
  layer_norm layer_norm1_;
  clip_mlp mlp_;
  layer_norm layer_norm2_;
};

/// Holds the layers, for the name that the checkpoints give them: encoder.layers.0, ….
class clip_encoder : public module {
 public:
  explicit clip_encoder(const clip_layer_options& options);
  /// Through all of them.
  at::Tensor forward(at::Tensor x) const;
  module_list<clip_layer> layers;
};

}  // namespace zoetrope
