// How an attention is told where its tokens lie: a part chosen by name. A position may add to the tokens
// before they are projected, mix neighbours, turn queries and keys, or add to scores, keys and values pair by
// pair.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "attention/attention.hpp"
#include "attention/clip_size.hpp"
#include "core/tensor/module.hpp"

namespace zoetrope {

/// The attention that a position serves.
struct position_site {
  int64_t channels, heads, head_dim;
  std::vector<token_axis> axes;
  /// Rows of tables along the frames where the options name none.
  int64_t maximum_frames = 24;
};

class attention_position : public module {
 public:
  /// What is added to the normed tokens: broadcasts to [frames, pixels, channels]; undefined: nothing.
  virtual at::Tensor added(const clip_size&) const { return {}; }
  /// The normed tokens, (b f) (h w) c, mixed with their neighbours; x itself where nothing is mixed.
  virtual at::Tensor mixed(const at::Tensor& x, const clip_size&) const { return x; }
  /// Adds rotations, scores, or relative keys and values to an attention between these places. What is added
  /// to scores goes through add_scores, so that it and a mask come together.
  virtual void attach(attention_input&, const token_places&) const {}
  /// Which fields of attention_input attach() fills.
  virtual bool scores() const { return false; }
  virtual bool rotates() const { return false; }
  virtual bool relative() const { return false; }
  /// The longest clip that its tables hold; 0 where there is no limit.
  virtual int64_t maximum_frames() const { return 0; }
};

/// error{bad_input} says why for axes that the position cannot tell.
using attention_position_maker = std::unique_ptr<attention_position> (*)(const config& options,
                                                                         const position_site& site);
registry<attention_position_maker>& attention_positions();
/// By `type`, `fallback` where it is not there.
std::unique_ptr<attention_position> make_attention_position(const config& options, const position_site& site,
                                                            const std::string& fallback = "none");

/// `bias`, floating point, broadcasts to batch, heads, tokens, keys: joined with the mask that is there.
void add_scores(attention_input& input, const at::Tensor& bias);

}  // namespace zoetrope
