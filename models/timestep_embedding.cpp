// See timestep_embedding.hpp.
#include "models/timestep_embedding.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace zoetrope {

at::Tensor sinusoid(const at::Tensor& positions, const sinusoid_options& options) {
  const int64_t half = options.channels / 2;
  // Rows of whole vectors: libtorch computes the last few elements by other code, and a row must not depend
  // on how many there are.
  constexpr int64_t vector = 16;
  const at::Tensor index =
      at::arange((half + vector - 1) / vector * vector, positions.options().dtype(at::kFloat));
  const at::Tensor exponent =
      index * -std::log(10000.0) / (static_cast<double>(half) - options.frequency_shift);
  const at::Tensor angle = positions.to(at::kFloat).unsqueeze(1) * at::exp(exponent).unsqueeze(0);
  const at::Tensor sine = at::sin(angle).narrow(1, 0, half), cosine = at::cos(angle).narrow(1, 0, half);
  const at::Tensor wave = options.cosine_first ? at::cat({cosine, sine}, 1) : at::cat({sine, cosine}, 1);
  return options.channels % 2 == 0 ? wave : at::constant_pad_nd(wave, {0, 1});
}

timestep_embedding::timestep_embedding(const options& options)
    : act_(options.act),
      post_act_(options.post_act),
      linear_1_(options.in_channels, options.channels),
      linear_2_(options.channels, options.channels) {
  add_child("linear_1", linear_1_);
  if (options.condition_channels > 0) {
    cond_proj_ = std::make_unique<linear>(options.condition_channels, options.in_channels, /*bias=*/false);
    add_child("cond_proj", *cond_proj_);
  }
  add_child("linear_2", linear_2_);
}

at::Tensor timestep_embedding::forward(const at::Tensor& x, const at::Tensor& condition) const {
  ZT_CHECK(!condition.defined() || cond_proj_, usage,
           "timestep_embedding: a condition was given, but the model has no ",
           "cond_proj (time_cond_proj_dim)");
  const at::Tensor conditioned = condition.defined() ? x + cond_proj_->forward(condition) : x;
  const at::Tensor y = linear_2_.forward(act_(linear_1_.forward(conditioned)));
  return tapped(post_act_ ? post_act_(y) : y);
}

}  // namespace zoetrope
