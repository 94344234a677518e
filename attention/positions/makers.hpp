// One maker a position; the table in position.cpp names them.
#pragma once

#include "attention/position.hpp"

namespace zoetrope {

std::unique_ptr<attention_position> make_no_position(const config& options, const position_site& site);
std::unique_ptr<attention_position> make_several_positions(const config& options, const position_site& site);
std::unique_ptr<attention_position> make_sinusoidal_position(const config& options,
                                                             const position_site& site);
std::unique_ptr<attention_position> make_learned_position(const config& options, const position_site& site);
std::unique_ptr<attention_position> make_relative_kv_position(const config& options,
                                                              const position_site& site);
std::unique_ptr<attention_position> make_mlp_bias_position(const config& options, const position_site& site);
std::unique_ptr<attention_position> make_alibi_position(const config& options, const position_site& site);
std::unique_ptr<attention_position> make_rope_position(const config& options, const position_site& site);
std::unique_ptr<attention_position> make_depthwise_conv_position(const config& options,
                                                                 const position_site& site);

/// The most rows that a table of options may ask for.
constexpr int64_t longest_table = 1 << 20;
/// query - key along one axis, [..., tokens, keys], int64.
at::Tensor differences_along(const token_places& places, int64_t axis);

}  // namespace zoetrope
