// Casts in groups against one at a time, values and gradients.
#include "training/cast_together.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

trained_parameters drawn(std::size_t count) {
  generator random(31);
  trained_parameters parameters;
  for (std::size_t i = 0; i < count; ++i)
    parameters.push_back(
        {std::to_string(i), random.normal({3, static_cast<int64_t>(i % 5) + 1}).set_requires_grad(true)});
  return parameters;
}

TEST(CastTogether, IsEveryCastWithItsGradient) {
  const trained_parameters parameters = drawn(150);  // more than two groups
  const std::vector<at::Tensor> cast = cast_together(parameters, at::kBFloat16);
  ASSERT_EQ(cast.size(), parameters.size());
  at::Tensor sum = at::zeros({});
  for (std::size_t i = 0; i < cast.size(); ++i) {
    EXPECT_TRUE(at::equal(cast[i], parameters[i].tensor.detach().to(at::kBFloat16))) << i;
    if (i % 7 != 3) sum = sum + cast[i].to(at::kFloat).square().sum();  // some have no part in it
  }
  for (int pass = 1; pass <= 2; ++pass) {  // micro-batches go back through the same casts
    torch::autograd::backward({sum}, {}, /*retain_graph=*/true);
    for (std::size_t i = 0; i < cast.size(); ++i) {
      const at::Tensor& gradient = parameters[i].tensor.grad();
      ASSERT_EQ(gradient.defined(), i % 7 != 3) << i;
      if (!gradient.defined()) continue;
      EXPECT_EQ(gradient.scalar_type(), at::kFloat);
      EXPECT_TRUE(at::equal(gradient, cast[i].detach().to(at::kFloat) * (2 * pass))) << i;
    }
  }
}

TEST(CastTogether, HandsOnWhatNeedsNoCast) {
  const trained_parameters parameters = drawn(2);
  EXPECT_TRUE(cast_together(parameters, at::kFloat)[1].is_same(parameters[1].tensor));
}

}  // namespace
}  // namespace zoetrope
