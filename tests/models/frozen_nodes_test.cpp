// Nodes of the graph that stand for frozen layers on a GPU, here run on the CPU, against libtorch's own.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/tensor/random.hpp"
#include "models/frozen_convolution.hpp"
#include "models/low_rank_product.hpp"

namespace zoetrope {
namespace {

at::Tensor drawn(generator& random, at::IntArrayRef shape, bool trained = false) {
  return random.normal(shape).to(at::kDouble).set_requires_grad(trained);
}

std::vector<at::Tensor> gradients_of(const at::Tensor& y, const std::vector<at::Tensor>& of) {
  const at::Tensor weight = at::arange(y.numel(), y.options()).view(y.sizes()).sin();
  return torch::autograd::grad({(y * weight).sum()}, of);
}

void expect_equal(const std::vector<at::Tensor>& got, const std::vector<at::Tensor>& wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_TRUE(at::allclose(got[i], wanted[i], 1e-12, 1e-12)) << i;
}

TEST(LowRankProduct, IsTheWeightAndTheChangeBesideIt) {
  generator random(21);
  const at::Tensor x = drawn(random, {2, 5, 6}, true), down = drawn(random, {3, 6}, true),
                   up = drawn(random, {4, 3}, true), weight = drawn(random, {4, 6}),
                   bias = drawn(random, {4});
  for (const double scale : {1.0, 0.25})
    for (const at::Tensor& b : {bias, at::Tensor()}) {
      const at::Tensor wanted = at::linear(x, weight + scale * at::mm(up, down), b);
      const at::Tensor got = low_rank_product(x, weight, b, {down, up, scale});
      expect_equal({got}, {wanted});
      expect_equal(gradients_of(got, {x, down, up}), gradients_of(wanted, {x, down, up}));
    }
}

TEST(LowRankProduct, OfAnInputWithoutGradient) {
  generator random(22);
  const at::Tensor x = drawn(random, {5, 6}), down = drawn(random, {3, 6}, true),
                   up = drawn(random, {4, 3}, true), weight = drawn(random, {4, 6});
  const at::Tensor wanted = at::linear(x, weight + 2 * at::mm(up, down)),
                   got = low_rank_product(x, weight, {}, {down, up, 2.0});
  expect_equal(gradients_of(got, {down, up}), gradients_of(wanted, {down, up}));
}

TEST(FrozenConvolution, PassesTheGradientOn) {
  generator random(23);
  const auto ordered = [](const at::Tensor& t) { return t.contiguous(at::MemoryFormat::ChannelsLast); };
  const at::Tensor x = drawn(random, {2, 3, 7, 6}, true);
  for (const auto& [kernel, stride, padding] :
       std::vector<std::array<int64_t, 3>>{{3, 1, 1}, {3, 2, 1}, {3, 2, 0}, {1, 1, 0}})
    for (const at::Tensor& bias : {drawn(random, {4}), at::Tensor()}) {
      const at::Tensor weight = ordered(drawn(random, {4, 3, kernel, kernel}));
      const at::Tensor wanted = at::conv2d(ordered(x), weight, bias, stride, padding),
                       got = frozen_convolution(ordered(x), weight, bias, stride, padding);
      expect_equal({got}, {wanted});
      expect_equal(gradients_of(got, {x}), gradients_of(wanted, {x}));
    }
}

TEST(FrozenConvolution, KeepsTheWeightAlone) {
  generator random(24);
  at::Tensor x = drawn(random, {1, 2, 4, 4}, true) * 2;
  const c10::weak_intrusive_ptr<c10::StorageImpl> memory(
      c10::intrusive_ptr<c10::StorageImpl>::reclaim_copy(x.storage().unsafeGetStorageImpl()));
  const at::Tensor y = frozen_convolution(x, drawn(random, {2, 2, 3, 3}), {}, 1, 1);
  EXPECT_FALSE(memory.expired());
  x = at::Tensor();
  EXPECT_TRUE(memory.expired());
}

}  // namespace
}  // namespace zoetrope
