// See position.hpp.
#include "attention/position.hpp"

#include <ATen/ATen.h>

#include <limits>

#include "attention/positions/makers.hpp"

namespace zoetrope {

registry<attention_position_maker>& attention_positions() {
  static registry<attention_position_maker> table(
      "attention position", {{"none", make_no_position, "tokens are a set"},
                             {"sinusoidal", make_sinusoidal_position, "a sinusoid added to the tokens"}});
  return table;
}

std::unique_ptr<attention_position> make_attention_position(const config& options, const position_site& site,
                                                            const std::string& fallback) {
  return attention_positions().chosen(options, fallback)(options, site);
}

void add_scores(attention_input& input, const at::Tensor& bias) {
  if (!input.mask.defined())
    input.mask = bias;
  else if (input.mask.scalar_type() != at::kBool)
    input.mask = input.mask + bias;
  else
    input.mask = bias.masked_fill(input.mask.logical_not(), -std::numeric_limits<double>::infinity());
}

}  // namespace zoetrope
