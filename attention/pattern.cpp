// See pattern.hpp.
#include "attention/pattern.hpp"

#include <ATen/ATen.h>

#include "attention/patterns/makers.hpp"

namespace zoetrope {

registry<attention_pattern_maker>& attention_patterns() {
  static registry<attention_pattern_maker> table(
      "attention pattern",
      {{"full", make_full_pattern, "every token sees every other"},
       {"window", make_window_pattern, "a token sees those at most `radius` away"},
       {"causal", make_causal_pattern, "a token sees itself and those before"},
       {"sparse_causal", make_sparse_causal_pattern, "a frame sees the first and the one before"},
       {"first_frame", make_first_frame_pattern, "every frame sees the first"},
       {"dilated", make_dilated_pattern, "a token sees every `step`-th, counted from its own place"}});
  return table;
}

std::unique_ptr<attention_pattern> make_attention_pattern(const config& options,
                                                          const std::vector<token_axis>& axes) {
  return attention_patterns().chosen(options, "full")(options, axes);
}

void require_frames(const config& options, const std::vector<token_axis>& axes) {
  if (axes != std::vector{token_axis::frame})
    throw options.at("type").fail(
        concat("got '", printable(options.get<std::string>("type")),
               "', a rule about frames, which this layout does not tell apart; wanted "
               "layout cross_frame, temporal or space_time, which has a frame axis"));
}

at::Tensor differences(const at::Tensor& query, const at::Tensor& key) {
  return query.unsqueeze(-2) - key.unsqueeze(-3);
}

}  // namespace zoetrope
