// What the torch bindings of our attention kernels share: checks, the C struct, autograd, and the choice
// between launchers and CPU twin.
#pragma once

#include "attention/attention.hpp"
#include "attention/kernels/attention_problem.h"

namespace zoetrope {

struct attention_kernel {
  const char* name;  ///< in errors: "short attention"
  void (*forward_cpu)(const zt_attention&);
  void (*backward_cpu)(const zt_attention&);
  const char *forward_launcher, *backward_launcher;
};

/// batch, heads, tokens, head_dim, in memory in the order of q's dimensions there: a result for temporal
/// attention lies as b f p (heads d) if q does. Differentiable in q, k and v by the kernel, in a mask,
/// rotations and relative tables through `dense`, which also serves what no kernel does (empty tensors, f64
/// on a GPU). 16-bit types on a CPU go through f32. error{runtime} names shapes that do not fit, such as a
/// head_dim that is not a multiple of 8.
at::Tensor attend_by(const attention_kernel& kernel, const attention_input& input);

/// Says why in `name`'s words unless head_dim is a multiple of 8, at most 256; for a site, where it may be 0:
/// not known yet.
std::string head_dim_problem(const char* name, int64_t head_dim);
/// error{bad_input} with that and what can be done, for a place whose backend `options` chose.
void expect_served_head_dim(const config& options, const char* name, int64_t head_dim);

}  // namespace zoetrope
