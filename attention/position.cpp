// See position.hpp.
#include "attention/position.hpp"

#include <ATen/ATen.h>

#include <limits>

#include "attention/positions/makers.hpp"

namespace zoetrope {

registry<attention_position_maker>& attention_positions() {
  static registry<attention_position_maker> table(
      "attention position",
      {{"none", make_no_position, "tokens are a set"},
       {"sinusoidal", make_sinusoidal_position, "a sinusoid added to the tokens"},
       {"learned", make_learned_position, "a learned table an axis added to the tokens"},
       {"relative_kv", make_relative_kv_position, "learned keys and values by distance in frames"},
       {"mlp_bias", make_mlp_bias_position, "scores from a small network of the relative coordinates"},
       {"alibi", make_alibi_position, "scores fall with distance, in each head at its own rate"},
       {"rope", make_rope_position, "queries and keys turned by angles of their place"},
       {"depthwise_conv", make_depthwise_conv_position, "a depthwise convolution added to the tokens"},
       {"several", make_several_positions, "the positions that `of` lists, together"}});
  return table;
}

std::unique_ptr<attention_position> make_attention_position(const config& options, const position_site& site,
                                                            const std::string& fallback) {
  return attention_positions().chosen(options, fallback)(options, site);
}

at::Tensor differences_along(const token_places& places, int64_t axis) {
  return places.queries.select(-1, axis).unsqueeze(-1) - places.keys.select(-1, axis).unsqueeze(-2);
}

void add_scores(attention_input& input, const at::Tensor& bias) {
  if (!input.mask.defined())
    input.mask = bias;
  else if (input.mask.scalar_type() != at::kBool)
    input.mask = input.mask + bias;
  else
    input.mask = bias.masked_fill(input.mask.bitwise_not(), -std::numeric_limits<double>::infinity());
}

}  // namespace zoetrope
