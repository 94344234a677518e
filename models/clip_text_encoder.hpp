// CLIP's text transformer (Radford et al. 2021), with or without the text projection: transformers'
// CLIPTextModel and CLIPTextModelWithProjection, whose config and keys it reads.
//   h_0 = tokens + positions;   h += attention(norm1(h)), causal;   h += mlp(norm2(h))
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/tensor/module.hpp"

namespace zoetrope {

class token_table;

struct clip_text_output {
  std::vector<at::Tensor>
      hidden_states;  ///< [b, tokens, C]: embeddings, then after each layer; no final norm
  at::Tensor last;    ///< hidden_states.back() after final_layer_norm
  at::Tensor pooled;  ///< [b, C] of `last` at the end-of-text position; [b, P] if projected
};

class clip_text_encoder : public module {
 public:
  /// A projection is there if `architectures` names CLIPTextModelWithProjection. error{bad_input} names the
  /// config key for what cannot be built.
  explicit clip_text_encoder(const config& options);
  ~clip_text_encoder() override;

  /// ids: int64 [b, tokens], tokens at most maximum_tokens(); error{usage} otherwise.
  clip_text_output forward(const at::Tensor& ids) const;
  /// hidden_states[-(clip_skip + 2)], what SDXL conditions on for clip_skip 0; error{usage} if there are not
  /// as many.
  static at::Tensor penultimate(const clip_text_output& output, int64_t clip_skip = 0);
  /// final_layer_norm(hidden_states[-(clip_skip + 1)]), what SD 1.5 conditions on.
  at::Tensor normed_hidden_state(const clip_text_output& output, int64_t clip_skip) const;

  /// Keys are transformers 4's, `text_model.` in front; transformers 5 leaves that out of CLIPTextModel.
  /// Empty for position_ids and for the image half of a whole CLIP.
  std::string canonical_key(const std::string& key) const;
  /// Where words can be added (token_table.hpp).
  token_table& tokens();
  int64_t maximum_tokens() const;
  int64_t hidden_size() const;
  bool has_projection() const;
  /// Width of the projection; hidden_size() where there is none: the width of clip_text_output::pooled.
  int64_t projection_size() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace zoetrope
