// Residual add + LayerNorm against libtorch's operators in f64.
#include "models/add_layer_norm.hpp"

#include "core/error.hpp"
#include "kernel_fixture.hpp"

namespace zoetrope {
namespace {

class AddLayerNorm : public KernelTest {
 protected:
  tensors random_problem(const std::vector<int64_t>& shape) const {
    const int64_t channels = shape.back();
    return {draw(shape, 1), draw(shape, 2), draw({channels}, 3, 1), draw({channels}, 4)};
  }
};

tensors ours(const tensors& in) {
  const auto out = add_layer_norm({in[0], in[1], in[2], in[3]});
  return {out.sum, out.normalised};
}
tensors oracle(const tensors& in) {
  const auto out = add_layer_norm_reference({in[0], in[1], in[2], in[3]});
  return {out.sum, out.normalised};
}
/// The sum is rounded to the dtype before it is normalised, which the oracle in f64 does not do.
constexpr double rounded_sum = 4;

TEST_P(AddLayerNorm, IsAddThenNormWithBothGradients) {
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {1}, {5, 3}, {3, 40}, {2, 3, 320}, {2, 640}, {7, 1280}, {3, 1281}, {2, 5000}, {600, 8}})
    expect_equal(ours, oracle, random_problem(shape), std::to_string(shape.back()), rounded_sum);
}

TEST_P(AddLayerNorm, EitherResultMayBeUsedAlone) {
  const tensors in = random_problem({6, 48});
  expect_equal([](const tensors& t) { return tensors{ours(t)[1]}; },
               [](const tensors& t) { return tensors{oracle(t)[1]}; }, in, "norm alone", rounded_sum);
  at::Tensor x = in[0].clone().requires_grad_();
  ours({x, in[1], in[2], in[3]})[0].sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), at::ones_like(x)));
}

TEST_P(AddLayerNorm, TakesAnyStrides) {
  tensors in = random_problem({6, 10, 16});
  in[0] = in[0].transpose(0, 1);
  in[1] = in[1].slice(0, 0, 1).expand({6, 10, 16}).transpose(0, 1);
  expect_equal(ours, oracle, in, "strided", rounded_sum);
}

TEST_P(AddLayerNorm, FrozenParametersChangeNoOtherGradient) {
  const auto gradients = [&](bool weight_trained, bool bias_trained) {
    tensors in = random_problem({6, 48});
    const bool trained[] = {true, true, weight_trained, bias_trained};
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = in[i].detach().clone().requires_grad_(trained[i]);
    ours(in)[1].square().sum().backward();
    return tensors{in[0].grad(), in[1].grad(), in[2].grad(), in[3].grad()};
  };
  const tensors all = gradients(true, true), none = gradients(false, false), bias = gradients(false, true);
  for (const tensors& some : {none, bias})
    for (std::size_t i : {0, 1}) EXPECT_TRUE(at::equal(some[i], all[i]));
  EXPECT_FALSE(none[2].defined() || none[3].defined() || bias[2].defined());
  EXPECT_TRUE(at::equal(bias[3], all[3]));
}

INSTANTIATE_TEST_SUITE_P(Devices, AddLayerNorm, kernel_devices(), device_and_dtype);

TEST(AddLayerNormOnCpu, TheSumMayTakeTheMemoryOfX) {
  const at::Tensor x = generator(1).normal({4, 24}), residual = generator(2).normal({4, 24});
  const at::Tensor weight = at::ones({24}), bias = at::zeros({24});
  const auto fresh = add_layer_norm({x, residual, weight, bias});
  const at::Tensor other = x.clone();
  const auto reused = add_layer_norm({other, residual, weight, bias, 1e-5, /*into_x=*/true});
  EXPECT_NE(fresh.sum.data_ptr(), x.data_ptr());
  EXPECT_EQ(reused.sum.data_ptr(), other.data_ptr());
  EXPECT_TRUE(at::equal(fresh.sum, reused.sum));
  EXPECT_TRUE(at::equal(fresh.normalised, reused.normalised));
}

TEST(AddLayerNormOnCpu, ShapesThatDoNotFitAreRefused) {
  const at::Tensor x = at::ones({4, 5}), one = at::ones({5});
  EXPECT_THROW(add_layer_norm({x, at::ones({5, 4}), one, one}), error);
  EXPECT_THROW(add_layer_norm({x, x, at::ones({4}), one}), error);
  EXPECT_THROW(add_layer_norm({x, x, one, {}}), error);
  EXPECT_THROW(add_layer_norm({x, at::ones({4, 5}, at::kDouble), one, one}), error);
}

TEST(AddLayerNormOnCpu, EmptyAndMetaTensorsHaveShapes) {
  EXPECT_EQ(add_layer_norm({at::empty({0, 5}), at::empty({0, 5}), at::ones({5}), at::ones({5})}).sum.sizes(),
            at::IntArrayRef({0, 5}));
  const auto meta = at::TensorOptions(at::kMeta).dtype(at::kFloat);
  const at::Tensor x = at::empty({3, 5}, meta), one = at::empty({5}, meta);
  EXPECT_EQ(add_layer_norm({x, x, one, one}).normalised.sizes(), x.sizes());
}

}  // namespace
}  // namespace zoetrope
