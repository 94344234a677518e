// One attention of a net, made from a config as the net makes it: what the position adds to the tokens and
// mixes, three projections, the four parts. For tests of how the parts work together.
#pragma once

#include <ATen/ATen.h>

#include <cmath>

#include "attention/attention_parts.hpp"
#include "core/tensor/random.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {

struct attention_sizes {
  int64_t heads = 3, head_dim = 8;
  int64_t channels() const { return heads * head_dim; }
};

class whole_attention {
 public:
  explicit whole_attention(const json& options, attention_sizes sizes = {}, at::ScalarType dtype = at::kFloat)
      : parts(config(options), {},
              {.channels = sizes.channels(),
               .heads = sizes.heads,
               .head_dim = sizes.head_dim,
               .axes = {},
               .maximum_frames = 8}),
        sizes_(sizes) {
    generator random(11);
    const int64_t channels = sizes.channels();
    projections_ =
        random.normal({3, channels, channels}).div_(std::sqrt(static_cast<double>(channels))).to(dtype);
    // Many fresh parameters are zero, which would show nothing.
    for (const parameter_slot& slot : parts.position().slots())
      *slot.tensor = random.normal(slot.shape).mul_(0.3).to(dtype).set_requires_grad(true);
  }

  /// x: (b f) (h w) c -> the same; for the layout `cross` the first clips' tokens stand for the text.
  at::Tensor forward(const at::Tensor& x, const clip_size& size) const {
    const at::Tensor added = parts.position().added(size);
    at::Tensor y = x.unflatten(0, {size.batch, size.frames});
    if (added.defined()) y = y + added.to(y.options());
    y = parts.position().mixed(y.flatten(0, 1), size);
    const auto projected = [&](int64_t i) {
      return y.matmul(projections_[i]).unflatten(-1, {sizes_.heads, sizes_.head_dim});
    };
    const auto text = [&](int64_t i) { return projected(i).slice(0, 0, size.batch).transpose(1, 2); };
    const bool cross = parts.layout().axes().empty();
    return parts.attend(projected(0), cross ? text(1) : projected(1), cross ? text(2) : projected(2), size);
  }

  /// Of a sum over the result, each weighted differently: of x, then of the position's parameters by name.
  std::vector<at::Tensor> gradients(const at::Tensor& x, const clip_size& size) {
    const at::Tensor leaf = x.detach().clone().set_requires_grad(true);
    const at::Tensor y = forward(leaf, size);
    y.mul(generator(5).normal(y.sizes()).to(y.options())).sum().backward();
    std::vector<at::Tensor> all{leaf.grad()};
    for (const parameter_slot& slot : parts.position().slots()) {
      if (slot.tensor->grad().defined()) all.push_back(slot.tensor->grad().clone());
      slot.tensor->mutable_grad() = at::Tensor();
    }
    return all;
  }

  void to(at::Device device) {
    projections_ = projections_.to(device);
    parts.position().to(device, projections_.scalar_type());
  }

  attention_parts parts;

 private:
  const attention_sizes sizes_;
  at::Tensor projections_;  ///< of q, k, v
};

}  // namespace zoetrope
