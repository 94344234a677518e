// Picks for every call the fastest backend that can serve it, as measured (docs/kernels.md):
// - at most 64 tokens along the frames, on any device: short (libtorch's fused kernels fail above 65,535
//   rows);
// - f32 on a CPU: short for at most 64 tokens and keys, else flash;
// - 16 bits with 64 or 128 channels on compute capability 9.0, nothing added to the scores, no gradient:
//   flash;
// - relative tables that short cannot take: dense;
// - all else: sdpa.
// flash is few_keys_attention where keys are few. What it looks at is the same for all rows of a batch, so
// that no row depends on how many of them pass together.
#include <ATen/ATen.h>

#include "attention/attention_kernel.hpp"
#include "attention/backends/makers.hpp"
#include "attention/flash_attention.hpp"
#include "attention/kernels/short_attention.h"
#include "attention/short_attention.hpp"
#include "core/tensor/meta_run.hpp"

namespace zoetrope {

namespace {

bool kernels_take(const attention_input& input) {
  const int64_t head_dim = input.q.size(-1);
  return head_dim > 0 && head_dim_problem("", head_dim).empty() && input.v.size(-1) == head_dim;
}
bool is_short(const attention_input& input) {
  return std::max(input.q.size(-2), input.k.size(-2)) <= zt_short_attention_most;
}
bool is_f32_on_cpu(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat && device_at_work(x) == at::kCPU;
}

class automatic_attention : public attention_backend {
 public:
  explicit automatic_attention(const attention_site& site)
      : along_frames_(site.layout == "temporal"),
        dense_(make_dense_attention(config(), site)),
        sdpa_(site.relative ? nullptr : make_sdpa_attention(config(), site)) {}

  at::Tensor forward(const attention_input& input) const override {
    check_attention_shapes(input);
    const bool relative = input.relative_k.defined() || input.relative_v.defined(),
               ours = kernels_take(input), on_cpu = is_f32_on_cpu(input.q);
    if (ours && is_short(input) && (along_frames_ || on_cpu || relative)) return short_attention(input);
    if (relative) return dense_->forward(input);
    if (!ours || !(on_cpu || has_hopper_kernels(input))) return sdpa_->forward(input);
    return has_few_keys(input) ? few_keys_attention(input) : flash_attention(input);
  }

 private:
  const bool along_frames_;
  const std::unique_ptr<attention_backend> dense_, sdpa_;
};

}  // namespace

std::unique_ptr<attention_backend> make_automatic_attention(const config&, const attention_site& site) {
  return std::make_unique<automatic_attention>(site);
}

}  // namespace zoetrope
