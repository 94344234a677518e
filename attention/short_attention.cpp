// See short_attention.hpp.
#include "attention/short_attention.hpp"

#include <ATen/ATen.h>

#include "attention/attention_kernel.hpp"
#include "attention/kernels/short_attention.h"

namespace zoetrope {

at::Tensor short_attention(const attention_input& input) {
  static const attention_kernel kernel{"short attention", short_attention_forward_cpu,
                                       short_attention_backward_cpu, "zt_short_attention_forward",
                                       "zt_short_attention_backward"};
  check_attention_shapes(input);
  const int64_t longest = std::max(input.q.size(-2), input.k.size(-2));
  ZT_CHECK(longest <= zt_short_attention_most, usage, "short attention: ", longest,
           " tokens, but it serves at most ", static_cast<int>(zt_short_attention_most),
           "; use the backend sdpa or flash");
  return attend_by(kernel, input);
}

}  // namespace zoetrope
