// Problems for attention, and how far a result lies from what libtorch's own operators say in f64.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attention/attention.hpp"
#include "core/tensor/random.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {

inline at::Tensor attend_with(const std::string& backend, const attention_input& input) {
  return make_attention_backend(config(json{{"type", backend}}), {.layout = "temporal"})->forward(input);
}

/// The same input in f64 on the CPU, where gradients are asked for on the same tensors.
inline attention_input in_f64(attention_input input) {
  for (at::Tensor* x :
       {&input.q, &input.k, &input.v, &input.relative_k, &input.relative_v, &input.q_rotation.cosine,
        &input.q_rotation.sine, &input.k_rotation.cosine, &input.k_rotation.sine})
    if (x->defined()) *x = x->to(at::kCPU, at::kDouble);
  if (input.mask.defined())
    input.mask = input.mask.to(at::kCPU, input.mask.scalar_type() == at::kBool ? at::kBool : at::kDouble);
  return input;
}

/// How temporal attention hands its tokens over: (b f) p (heads d) -> b p heads f d, by strides.
inline at::Tensor along_frames(generator& random, int64_t batch, int64_t pixels, int64_t heads,
                               int64_t frames, int64_t head_dim) {
  return random.normal({batch, frames, pixels, heads, head_dim}).permute({0, 2, 3, 1, 4});
}

inline rotation random_rotation(generator& random, int64_t tokens, int64_t head_dim) {
  const at::Tensor angle = random.normal({tokens, head_dim / 2}) * 3;
  return {angle.cos(), angle.sin()};
}

/// A mask of scores that hides some pairs, and everything from token 1.
inline at::Tensor random_scores(generator& random, std::vector<int64_t> sizes) {
  const at::Tensor hidden = random.normal(sizes).gt(0.8);
  at::Tensor scores = random.normal(sizes).masked_fill(hidden, -std::numeric_limits<double>::infinity());
  if (sizes[sizes.size() - 2] > 1) scores.select(-2, 1).fill_(-std::numeric_limits<double>::infinity());
  return scores;
}

struct attention_gradients {
  at::Tensor y, dq, dk, dv;
};

/// Of the loss sum(y * dy).
template <class Attend>
attention_gradients differentiated(attention_input input, const at::Tensor& dy, const Attend& attend) {
  for (at::Tensor* x : {&input.q, &input.k, &input.v}) *x = x->detach().requires_grad_();
  const at::Tensor y = attend(input);
  (y * dy.to(y.options())).sum().backward();
  return {y.detach(), input.q.grad(), input.k.grad(), input.v.grad()};
}

/// Every `stride`-th element of the gradients, in f64.
template <class Attend>
void expect_central_differences(const attention_input& input, const at::Tensor& dy, const Attend& attend,
                                int64_t stride, double tolerance) {
  const attention_gradients got = differentiated(input, dy, attend);
  const auto loss = [&] { return (attend(input) * dy).sum().template item<double>(); };
  constexpr double step = 1e-6;
  const std::vector<std::pair<at::Tensor, at::Tensor>> parts{
      {input.q, got.dq}, {input.k, got.dk}, {input.v, got.dv}};
  for (const auto& [x, gradient] : parts)
    for (int64_t i = 0; i < x.numel(); i += stride) {
      const at::Tensor element = x.view({-1})[i];
      element.add_(step);
      const double up = loss();
      element.sub_(2 * step);
      const double down = loss();
      element.add_(step);
      EXPECT_NEAR(gradient.reshape({-1})[i].template item<double>(), (up - down) / (2 * step), tolerance);
    }
}

}  // namespace zoetrope
