// See short_attention.h. One job is a (pixel, head): queries are transposed to [channels][tokens], scores are
// kept as [keys][tokens], and everything but q, k, v and y stays in the first two caches.
#include "attention/kernels/short_attention.h"

#include <ATen/Parallel.h>

#define ZT_BODY "attention/kernels/short_attention_cpu.inl"
#include "attention/kernels/every_instruction_set.hpp"

namespace zoetrope {

namespace {

constexpr int64_t least_elements_a_thread = 32768;

void over_pixels(const zt_attention& p, bool backward) {
  const int64_t elements = p.heads * (p.tokens + p.keys) * p.head_dim;
  at::parallel_for(0, p.outer * p.inner, std::max<int64_t>(1, least_elements_a_thread / elements),
                   [&](int64_t begin, int64_t end) {
                     ZT_FOR_THIS_MACHINE(short_attention)(p, begin, end, backward);
                   });
}

}  // namespace

void short_attention_forward_cpu(const zt_attention& problem) { over_pixels(problem, false); }
void short_attention_backward_cpu(const zt_attention& problem) { over_pixels(problem, true); }

}  // namespace zoetrope
