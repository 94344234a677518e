// See pattern.hpp.
#include "attention/pattern.hpp"

#include "attention/patterns/makers.hpp"

namespace zoetrope {

registry<attention_pattern_maker>& attention_patterns() {
  static registry<attention_pattern_maker> table(
      "attention pattern", {{"full", make_full_pattern, "every token sees every other"}});
  return table;
}

std::unique_ptr<attention_pattern> make_attention_pattern(const config& options,
                                                          const std::vector<token_axis>& axes) {
  return attention_patterns().chosen(options, "full")(options, axes);
}

}  // namespace zoetrope
