// See token_sum.hpp.
#include "models/token_sum.hpp"

#include <utility>

#include "core/tensor/kernel_launch.hpp"
#include "models/add_layer_norm.hpp"
#include "models/frames.hpp"
#include "models/views.hpp"

namespace zoetrope {

void token_sum::add(const at::Tensor& more) {
  total();
  awaited_ = more;
  if (!computed_on_gpu(tokens_)) total();
}

const at::Tensor& token_sum::total() {
  if (awaited_.defined()) tokens_ = add_to(tokens_, viewed(std::exchange(awaited_, {}), tokens_.sizes()));
  return tokens_;
}

at::Tensor token_sum::normed(const layer_norm& norm) {
  if (!awaited_.defined()) return norm.forward(tokens_);
  const at::Tensor more = viewed(std::exchange(awaited_, {}), tokens_.sizes());
  const bool into_tokens = !c10::GradMode::is_enabled();
  const add_layer_norm_output both =
      add_layer_norm({tokens_, more, norm.weight, norm.bias, norm.eps, into_tokens});
  tokens_ = both.sum;
  return both.normalised;
}

// What is awaited takes the shape when it is added.
void token_sum::view_as(at::IntArrayRef shape) { tokens_ = viewed(tokens_, shape); }

}  // namespace zoetrope
